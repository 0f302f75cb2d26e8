using System.Globalization;
using Blip.Training;

namespace Blip.Cli.Output;

/// <summary>A training run: one changing line on a screen, otherwise a line now and then.</summary>
internal sealed class TrainingView(Terminal terminal)
{
    // Lines per run without a screen.
    private const int Lines = 100, Narrow = 70;

    private readonly ProgressLine line = new(terminal.Error, terminal.ShowsProgress, 0, terminal.Columns);

    public void Announce(string activity) => line.Announce(activity);

    public void Clear() => line.Clear();

    public void Report(TrainingProgress step)
    {
        foreach (var notice in step.Notices)
        {
            line.Clear();
            terminal.Say($"step {step.Step}: {notice}");
        }
        var every = Math.Max(1, step.Steps / Lines);
        if (terminal.ShowsProgress)
            line.Announce(Text(step, terminal.Columns()));
        else if (step.Step % every == 0 || step.Step == step.Steps)
            terminal.Note(Text(step, int.MaxValue));
    }

    /// <summary>A step in a line: losses by objective, learning rate, gradient norm, images per second, time left.</summary>
    internal static string Text(TrainingProgress step, int columns)
    {
        var losses = step.Losses.Count <= 2
            ? string.Create(CultureInfo.InvariantCulture, $"loss {step.Losses["loss"]:F4}")
            : string.Join("  ", step.Losses.Select(loss => string.Create(CultureInfo.InvariantCulture, $"{loss.Key} {loss.Value:F4}")));
        var brief = string.Create(CultureInfo.InvariantCulture, $"step {step.Step}/{step.Steps}  {losses}");
        return columns < Narrow ? brief : brief + string.Create(
            CultureInfo.InvariantCulture,
            $"  lr {step.LearningRate:0.##e+0}  grad {step.GradientNorm:G3}  {step.ImagesPerSecond:0.0} images/s  {Clock(step.Remaining)} "
                + $"left");
    }

    private static string Clock(TimeSpan left) => left.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)left.TotalHours}:{left.Minutes:00}:{left.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{left.Minutes}:{left.Seconds:00}");
}
