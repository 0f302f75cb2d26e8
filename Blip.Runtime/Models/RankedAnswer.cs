namespace Blip.Runtime.Models;

/// <summary>An answer out of a list, and how likely the model finds it.</summary>
/// <param name="Answer">Its place in the list.</param>
/// <param name="LogProbability">The sum of the logarithms of its tokens' probabilities, the stop token included.</param>
/// <param name="FirstLogProbability">The logarithm of its first token's probability, which made it a candidate.</param>
internal readonly record struct RankedAnswer(int Answer, double LogProbability, double FirstLogProbability);
