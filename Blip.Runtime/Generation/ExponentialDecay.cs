namespace Blip.Runtime.Generation;

/// <summary>From a length on, the stop token becomes likelier with every token.</summary>
/// <param name="Start">Generated tokens (the prompt not counted) after which the decay begins.</param>
/// <param name="Factor">With n tokens past the start, |score of the stop token| · (Factor^n - 1) is added to that score.</param>
public sealed record ExponentialDecay(int Start, double Factor);
