using System.Text.Json;

namespace Blip.Bench.Kills;

/// <summary>
/// <c>caption --output</c> with <c>--resume</c> and <c>--overwrite</c> in turns. The latter must keep the older file whole.
/// </summary>
internal sealed class CaptionKills : KillCase
{
    private const int Count = 300;

    private readonly string output;
    private HashSet<string> finished = [];
    private string? older;

    public CaptionKills(string folder)
        : base(folder)
    {
        CopySamples(At("images"), Count);
        output = At("captions.jsonl");
    }

    /// <inheritdoc/>
    public override string Name => "caption";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Arguments =>
        ["caption", At("images"), "--device", "cpu", "--output", output, older is null ? "--resume" : "--overwrite"];

    /// <inheritdoc/>
    public override int Check(bool ended)
    {
        if (older is not null)
        {
            if (ended ? File.Exists($"{output}.partial") : File.ReadAllText(output) != older)
                throw new LossException(ended ? "the partial file was left behind" : "the older file is not as it was");
            return Count;
        }
        var now = new[] { $"{output}.partial", output }.Where(File.Exists).Take(1).SelectMany(Records).ToHashSet();
        Expect(finished, now);
        finished = now;
        if (ended && (File.Exists($"{output}.partial") || File.ReadAllLines(output).Length != Count || now.Count != Count))
            throw new LossException($"the run has ended with {now.Count} of {Count} records");
        return now.Count;
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        finished = [];
        if (older is null)
        {
            older = File.ReadAllText(output);
            return;
        }
        older = null;
        File.Delete(output);
        File.Delete($"{output}.partial");
    }

    // Text behind the last line end was cut off.
    private static IEnumerable<string> Records(string path)
    {
        var text = File.ReadAllText(path);
        foreach (var line in text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var json = JsonDocument.Parse(line);
            yield return $"{json.RootElement.GetProperty("path").GetString()}: {json.RootElement.GetProperty("caption").GetString()}";
        }
    }
}
