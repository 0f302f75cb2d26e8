using System.Diagnostics;
using System.Globalization;
using Blip.Runtime.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Blip.Bench.Peers.Torch;

/// <summary>The decoder in both matrix layouts. A trial finds the faster one per number of rows.</summary>
internal sealed class TorchDecoders(TextConfig config, TorchWeights weights, int sourceTokens)
{
    private readonly TorchText[] layouts = [new(config, weights, inputByInput: false), new(config, weights, inputByInput: true)];
    private readonly Dictionary<int, TorchText> fastest = [];

    /// <summary>The faster layout for a number of rows: images, images × beams, or questions. Each number has one trial.</summary>
    public TorchText Fastest(int rows)
    {
        const int Steps = 6;
        if (fastest.TryGetValue(rows, out var text))
            return text;
        using var scope = NewDisposeScope();
        var tokens = full([rows, 1], config.BosTokenId, ScalarType.Int64);
        var times = layouts.Select(candidate =>
        {
            var (own, source) = (candidate.Cache(rows, Steps), candidate.Cache(rows, sourceTokens));
            candidate.Step(tokens, 0, own, source).Dispose();
            return Enumerable.Range(1, Steps - 1).Min(position =>
            {
                var start = Stopwatch.GetTimestamp();
                candidate.Step(tokens, position, own, source).Dispose();
                return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            });
        }).ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  libtorch, a token of {rows} rows: matrices output by output {times[0]:F1} ms, input by input {times[1]:F1} ms; the faster "
                + $"is taken"));
        fastest.Add(rows, text = layouts[times[0] <= times[1] ? 0 : 1]);
        return text;
    }
}
