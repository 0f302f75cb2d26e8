using Blip.Tests.Datasets;

namespace Blip.Tests;

/// <summary>Comments and documents stay plain (CONTRIBUTING.md, "How to write").</summary>
public class WordsTests
{
    // The goal is 1.5; a change may come with a few more.
    [Fact]
    public void Contorted_clauses_are_rare() => Tools.Run("python3", Repository.Root, "-B", "eng/words.py", "--at-most", "1.5");
}
