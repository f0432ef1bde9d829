/**
 * Shares of the further exposure that would tell the arms apart soonest: p (1 - p) of each arm's P(best), scaled
 * to sum to 1 (exploration sampling, Kasy and Sautmann 2021). Advice alone: a test whose shares follow what it has seen is
 * analysed day by day, never pooled. Equal shares where one arm is certain or none is given.
 */
export function explorationShares(probabilitiesBest: readonly number[]): readonly number[] {
  const weights = probabilitiesBest.map((p) => Math.max(0, p * (1 - p)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (total > 0 ? weight / total : 1 / weights.length));
}
