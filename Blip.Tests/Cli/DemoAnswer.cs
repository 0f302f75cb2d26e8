namespace Blip.Tests.Cli;

/// <summary>The reference's caption of a sample image; beam search has a score, and the others the closest lead.</summary>
internal sealed record DemoAnswer(string Caption, int[] Tokens, double? Score, double? MinTopGap);
