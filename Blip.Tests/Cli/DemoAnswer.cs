namespace Blip.Tests.Cli;

/// <summary>What the reference says of a sample picture; beam search has a score.</summary>
internal sealed record DemoAnswer(string Caption, int[] Tokens, double? Score);
