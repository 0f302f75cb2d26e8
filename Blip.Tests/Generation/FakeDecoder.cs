using Blip.Kernels.Devices;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using ILGPU;

namespace Blip.Tests.Generation;

/// <summary>
/// A decoder whose logits are a random function of image and all tokens so far. It keeps the tokens where a model keeps keys and values,
/// and finds them through the same tables, so that a beam that looks in the wrong place gets the wrong logits.
/// </summary>
internal sealed class FakeDecoder(Device device, int vocabulary, int stop, IReadOnlyList<int> imageSeeds, double stopBias = 0)
    : IContinuousDecoder, IDisposable
{
    private DeviceBuffer<float>? logits;
    private int[] cache = [], placeOfRow = [];
    private int capacity;

    public int VocabularySize => vocabulary;

    public int MaxPositions => 64;

    public int Steps { get; private set; }

    public Action<int>? OnStep { get; init; }

    public static float[] Logits(int vocabulary, int stop, double stopBias, int imageSeed, IEnumerable<int> context)
    {
        ulong hash = (ulong)imageSeed * 0x9E3779B97F4A7C15 + 12345;
        foreach (var token in context)
            hash = Mix(hash ^ ((ulong)token + 1));
        var result = new float[vocabulary];
        for (var token = 0; token < vocabulary; token++)
        {
            var bits = Mix(hash + ((ulong)token * 0xD1342543DE82EF95));
            var spread = ((bits & 0xffffff) + ((bits >> 24) & 0xffffff)) / (double)0x1000000 - 1;
            result[token] = (float)(spread * 4 + (token == stop ? stopBias : 0));
        }
        return result;
    }

    public ArrayView<float> Prefill(DecodingState state)
    {
        cache = new int[state.Rows * state.Capacity];
        Array.Fill(cache, -1);
        placeOfRow = state.ImageRow.ToArray();
        return Prefill(state, place: 0, row: 0);
    }

    public void Reserve(int rows, int capacity)
    {
        this.capacity = capacity;
        cache = new int[rows * capacity];
        Array.Fill(cache, -1);
    }

    public void Continue(DecodingState state, ReadOnlySpan<int> places) => placeOfRow = places.ToArray();

    public void MoveRow(int from, int to, int tokens) => Array.Copy(cache, from * capacity, cache, to * capacity, tokens);

    public ArrayView<float> Prefill(DecodingState state, int place, int row)
    {
        var (prompts, lengths) = (state.Prompts.ToArray(), state.PromptLengths.ToArray());
        var result = new List<float>();
        for (var image = 0; image < state.Images; image++)
        {
            // Padding is written too, as a model does.
            for (var t = 0; t < state.PromptTokens; t++)
                cache[((row + (image * state.Beams)) * state.Capacity) + t] = prompts[(image * state.PromptTokens) + t];
            result.AddRange(Logits(
                vocabulary, stop, stopBias, imageSeeds[place + image], prompts.Skip(image * state.PromptTokens).Take(lengths[image])));
        }
        return Upload([.. result]);
    }

    public ArrayView<float> Step(DecodingState state)
    {
        OnStep?.Invoke(Steps);
        Steps++;
        var (ids, starts, rows) = (state.InputIds.ToArray(), state.Start.ToArray(), state.CacheRow.ToArray());
        for (var row = 0; row < state.Rows; row++)
            cache[(row * state.Capacity) + starts[row]] = ids[row];
        var result = new List<float>();
        for (var row = 0; row < state.Rows; row++)
        {
            Assert.InRange(starts[row], 0, state.KeyTokens - 1);
            var context = Enumerable.Range(0, starts[row] + 1)
                .Select(position => cache[(rows[(row * state.Capacity) + position] * state.Capacity) + position]);
            result.AddRange(Logits(vocabulary, stop, stopBias, imageSeeds[placeOfRow[row]], context));
        }
        return Upload([.. result]);
    }

    public void Dispose() => logits?.Dispose();

    private ArrayView<float> Upload(float[] values)
    {
        if (logits is null || logits.Length < values.Length)
        {
            logits?.Dispose();
            logits = device.Allocate<float>(values.Length);
        }
        logits.CopyFrom(values);
        return logits.View.SubView(0, values.Length);
    }

    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
