using System.Globalization;
using Blip.Bootstrapping;

namespace Blip.Cli.Output;

/// <summary>Shows a run: one bar on a screen, otherwise a line per finished shard.</summary>
internal sealed class BootstrapProgressView(Terminal terminal) : IProgress<BootstrapProgress>
{
    private const int Width = 16, Narrow = 90;
    private readonly ProgressLine line = new(terminal.Error, terminal.ShowsProgress, 0, terminal.Columns);
    private readonly Lock guard = new();
    private BootstrapProgress? last;

    public void Announce(string activity) => line.Announce(activity);

    public void Clear()
    {
        lock (guard)
            line.Clear();
    }

    /// <inheritdoc/>
    public void Report(BootstrapProgress value)
    {
        lock (guard)
        {
            last = value;
            if (value.Event is { } happened && Sentence(happened, value) is { } sentence)
            {
                line.Clear();
                terminal.Note(sentence);
            }
            line.Announce(Bar(value, terminal.Columns()));
        }
    }

    /// <summary>The finished run in a sentence.</summary>
    public string Summary(Bootstrapper run, BootstrapResult result)
    {
        var (images, texts) = (last?.Images ?? 0, last?.Texts ?? 0);
        var end = result.Stopped ? "stopped" : result.Failures.Count > 0 ? $"{result.Failures.Count} shards failed" : "all is done";
        var work = images == 0
            ? ""
            : $"; {images} images here{(texts > 0 ? $", {Share(last!.Fitting, texts)} of their texts fit" : "")}{Speed(last!)}";
        return $"{run.ShardsDone} of {run.Shards} shards are done{work}: {end}";
    }

    /// <summary>The bar's text: shards, images, share of fitting texts, images per second, time left.</summary>
    internal static string Bar(BootstrapProgress value, int columns)
    {
        // A narrow screen has room for the numbers only.
        var width = columns < Narrow ? 0 : Width;
        var filled = value.Shards == 0 ? 0 : (int)((long)width * value.ShardsDone / value.Shards);
        var bar = new string('━', filled) + new string('─', width - filled);
        var kept = value.Texts == 0 ? "" : $"  {Share(value.Fitting, value.Texts)} fit";
        var failed = value.Failed == 0 ? "" : $"  {value.Failed} failed";
        return $"{bar}{(width > 0 ? " " : "")}{value.ShardsDone}/{value.Shards} shards  {value.Images} images"
            + $"{failed}{kept}{Speed(value)}{Left(value)}";
    }

    private string? Sentence(ShardEvent happened, BootstrapProgress value) => happened.Kind switch
    {
        ShardEventKind.Begun => happened.Images > 0 ? $"{Name(happened)} goes on behind {happened.Images} finished images" : null,
        ShardEventKind.Skipped => null,
        ShardEventKind.Failed => $"{Name(happened)} failed: {happened.Error}",
        // On a screen, the bar shows it.
        ShardEventKind.Done => terminal.ShowsProgress && happened.Failed == 0
            ? null
            : $"{Name(happened)} is done: {happened.Images} images{(happened.Failed > 0 ? $", {happened.Failed} of them failed" : "")}, "
                + $"{happened.Kept} of {happened.Texts} texts kept{Speed(value)}",
        _ => throw new InvalidOperationException($"there are no words for {happened.Kind}."),
    };

    private static string Name(ShardEvent happened) =>
        $"shard {BootstrapSources.NameOf(happened.Shard)}{(happened.Source.Length > 0 ? $" ({happened.Source})" : "")}";

    private static string Share(int part, int all) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / all:0} %");

    private static string Speed(BootstrapProgress value) =>
        value.Images == 0
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $"  {value.Images / Math.Max(1e-3, value.Elapsed.TotalSeconds):0.0} images/s");

    private static string Left(BootstrapProgress value)
    {
        var done = value.ShardsDone - value.ShardsDoneBefore;
        return done == 0 ? "" : $"  {ProgressLine.Clock(value.Elapsed * (value.Shards - value.ShardsDone) / done)} left";
    }
}
