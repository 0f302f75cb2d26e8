namespace Blip.Tests.Cli;

/// <summary>What the reference says of a sample image; beam search has a score, and the others how close the two best words came.</summary>
internal sealed record DemoAnswer(string Caption, int[] Tokens, double? Score, double? MinTopGap);
