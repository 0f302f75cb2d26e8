using System.Diagnostics;
using System.Globalization;
using Blip.Runtime.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Blip.Bench.Peers.Torch;

/// <summary>The decoder in both layouts of its matrices; a trial says which is the faster for a number of rows.</summary>
/// <param name="config">Its sizes.</param>
/// <param name="weights">Its tensors.</param>
/// <param name="sourceTokens">Tokens of its source.</param>
internal sealed class TorchDecoders(TextConfig config, TorchWeights weights, int sourceTokens)
{
    private readonly TorchText[] layouts = [new(config, weights, inputByInput: false), new(config, weights, inputByInput: true)];
    private readonly Dictionary<int, TorchText> fastest = [];

    /// <summary>The faster one for so many rows: images, or images × beams, or questions. The trial is made once per number.</summary>
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
            $"  libtorch, a token of {rows} rows: matrices output by output {times[0]:F1} ms, input by input {times[1]:F1} ms; the faster is taken"));
        fastest.Add(rows, text = layouts[times[0] <= times[1] ? 0 : 1]);
        return text;
    }
}
