using Blip.Bench.Workloads;
using Blip.Runtime.Models;

namespace Blip.Tests.Bench;

public class LookingShareTests
{
    /// <summary>
    /// The word's heat lies on the shape that it names more often than not. Grad-CAM shows the reasons for a match instead: at the layer
    /// that LAVIS takes it must reach twice the share of chance, and at the first one the same as the others.
    /// </summary>
    [Fact]
    public void Words_look_at_the_shapes_that_they_name()
    {
        var shares = LookingShare.Measure(Repository.Absolute("weights"), "cpu").ToList();
        Assert.Equal(["captions", "matches", "questions", "answers"], shares.Select(one => one.Text).Distinct());
        foreach (var one in shares)
        {
            Assert.InRange(one.Words, 10, 40);
            if (one.Method != AttentionMethod.GradCam || one.Layer == 0)
                Assert.True(one.Share > 0.5, $"{one}");
            else if (one.Layer == 1)
                Assert.True(one.Inside > 2 * one.Chance, $"{one}");
        }
    }
}
