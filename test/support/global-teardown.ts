import './global-setup.ts';

export default async function stopServersOfAllTests(): Promise<void> {
  await globalThis.screentestTestServers?.stop();
}
