using System.Globalization;
using System.Text.Json;
using Blip.Evaluation;

namespace Blip.Bench.Kills;

/// <summary><c>eval caption --save-results --resume</c>.</summary>
internal sealed class EvaluationKills : KillCase
{
    private const int Count = 300;

    private readonly string results;
    private HashSet<string> finished = [];

    public EvaluationKills(string folder)
        : base(folder)
    {
        CopySamples(At("images"), Count);
        results = At("results.json");
        var numbers = Enumerable.Range(1, Count).ToList();
        File.WriteAllBytes(At("captions.json"), JsonSerializer.SerializeToUtf8Bytes(new
        {
            images = numbers.Select(id => new { id, file_name = $"{id - 1:0000}.png" }),
            annotations = numbers.Select(id => new { id, image_id = id, caption = "a large white ring on a cyan background" }),
        }));
    }

    /// <inheritdoc/>
    public override string Name => "eval";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Arguments =>
        ["eval", "caption", "--annotations", At("captions.json"), "--images", At("images"), "--device", "cpu", "--save-results", results,
            "--resume"];

    /// <inheritdoc/>
    public override int Check(bool ended)
    {
        var now = new HashSet<string>();
        if (File.Exists(results))
        {
            // Opening removes a truncated last line: this works on a copy.
            File.Copy(results, At("copy.json"), overwrite: true);
            using var copy = ResultsWriter.Open(At("copy.json"), ResultsFormat.Captions, resume: true);
            now = [.. copy.Results.Select(result => string.Create(CultureInfo.InvariantCulture, $"{result.Key}: {result.Value}"))];
        }
        Expect(finished, now);
        finished = now;
        if (ended && (now.Count != Count || ResultsFormat.Captions.Load(results).Count != Count))
            throw new LossException($"the run has ended with {now.Count} of {Count} results");
        return now.Count;
    }

    /// <inheritdoc/>
    public override void Reset()
    {
        finished = [];
        File.Delete(results);
    }
}
