import type { Mutations } from './mutations.ts';

/** A variant as planned: what it is called, what is sent to the provider, and how it differs from the control. */
export interface VariantPlan {
  /** From 0; the control is first. */
  readonly position: number;
  readonly name: string;
  readonly prompt: string;
  /** Levels that differ from the control's; empty for the control and for prompts written by hand. */
  readonly mutations: Mutations;
}
