using Blip.Training.Engine;

namespace Blip.Tests.Training;

/// <summary>The rule of <c>torch.amp.GradScaler</c>.</summary>
public class LossScaleTests
{
    [Fact]
    public void It_doubles_after_good_steps_in_a_row_and_is_halved_by_a_bad_one()
    {
        var scale = new LossScale(isDynamic: true);
        Assert.Equal(65536, scale.Value);

        Take(1999);
        Assert.Equal(65536, scale.Value);
        Take(1);
        Assert.Equal(131072, scale.Value);
        Take(1999);
        Assert.Contains("lowered to 65,536.", scale.Observe(isFinite: false), StringComparison.Ordinal);
        Take(1999);
        Assert.Equal(65536, scale.Value);
        Take(1);
        Assert.Equal(131072, scale.Value);

        void Take(int steps)
        {
            foreach (var _ in Enumerable.Range(0, steps))
                Assert.Null(scale.Observe(isFinite: true));
        }
    }

    [Fact]
    public void It_does_not_fall_below_one_and_says_so()
    {
        var scale = new LossScale(isDynamic: true) { State = new LossScaleState(2, 7) };

        Assert.Contains("lowered to 1.", scale.Observe(isFinite: false), StringComparison.Ordinal);
        Assert.Contains("at its least", scale.Observe(isFinite: false), StringComparison.Ordinal);
        Assert.Equal(new LossScaleState(1, 0), scale.State);
    }

    [Fact]
    public void Other_precisions_have_none()
    {
        var scale = new LossScale(isDynamic: false);

        Assert.Null(scale.Observe(isFinite: true));
        Assert.Contains("lower the learning rate", scale.Observe(isFinite: false), StringComparison.Ordinal);
        Assert.Equal(1, scale.Value);
    }
}
