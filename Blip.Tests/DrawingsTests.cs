using Blip.Tests.Datasets;

namespace Blip.Tests;

/// <summary>The drawings of docs/architecture.md equal their script's output.</summary>
public class DrawingsTests
{
    [Fact]
    public void Drawings_are_current_and_each_is_shown()
    {
        Tools.Run("python3", Repository.Root, "eng/drawings/draw.py", "--check");
        var page = Repository.Read("docs/architecture.md");
        Assert.All(
            Repository.Files.Where(file => file.StartsWith("docs/drawings/", StringComparison.Ordinal)),
            file => Assert.Contains($"]({file["docs/".Length..]})", page, StringComparison.Ordinal));
    }
}
