/** The functions that we compare with; the package's own types are not reachable through its export map. */
declare module 'cephes' {
  /** Its WebAssembly is compiled in the background. */
  export const compiled: Promise<void>;
  export function erfc(x: number): number;
  export function ndtr(x: number): number;
  export function ndtri(p: number): number;
  export function lgam(z: number): number;
  export function igam(shape: number, x: number): number;
  export function igamc(shape: number, x: number): number;
  export function incbet(a: number, b: number, x: number): number;
}
