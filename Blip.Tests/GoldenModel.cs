using System.Text.Json;
using Blip.Runtime.Checkpoints;

namespace Blip.Tests;

/// <summary>A folder of the reference's answers: <c>golden.json</c> and <c>tensors.safetensors</c>.</summary>
public sealed class GoldenModel : IDisposable
{
    private readonly ITensorSource tensors;
    private readonly JsonDocument document;

    public GoldenModel(string model, string head)
    {
        var folder = Folder("models", model, head);
        tensors = new SafetensorsFile(Path.Combine(folder, "tensors.safetensors"));
        document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "golden.json")));
    }

    public JsonElement Root => document.RootElement;

    public IEnumerable<JsonElement> Generate => Root.GetProperty("generate").EnumerateArray();

    public IEnumerable<string> Names => Root.GetProperty("tensors").EnumerateObject().Select(entry => entry.Name);

    public static string Folder(params ReadOnlySpan<string> parts) => Path.Combine([AppContext.BaseDirectory, "Goldens", .. parts]);

    /// <summary>A stored tensor: the values in the file, which may be a slice of the whole.</summary>
    public float[] Stored(string name) => Stored(name, out _);

    public float[] Stored(string name, out long[] shape)
    {
        Assert.True(tensors.TryGet(name, out var info), $"the golden file holds no '{name}'");
        shape = info.Shape;
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        tensors.Read(name, 0, values);
        return values;
    }

    /// <summary>Rows of integers from the golden's inputs.</summary>
    public int[][] Input(string name) =>
        [.. Root.GetProperty("inputs").GetProperty(name).EnumerateArray()
            .Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray())];

    /// <summary>
    /// Judges a whole tensor by the reference's own errors: not worse than twice its root mean square error and four times its largest,
    /// but never asked below two units in the last place of the largest value.
    /// </summary>
    /// <param name="name">The golden's name.</param>
    /// <param name="actual">The whole tensor.</param>
    /// <param name="precision">Whose errors: <c>fp32</c>, <c>fp16</c> or <c>bf16</c>.</param>
    /// <param name="relative">
    /// For an entry of few numbers, whose error the reference may have kept small by luck: the <see cref="RelativeError"/> of the tensor
    /// that the entry is made of. Twice this, times the size of the values, is not asked below either.
    /// </param>
    /// <param name="size">That size, where it is more than the largest value's: 1 for the cosines of vectors of length one.</param>
    public void AssertClose(string name, ReadOnlySpan<float> actual, string precision = "fp32", double relative = 0, double size = 0)
    {
        var entry = Root.GetProperty("tensors").GetProperty(name);
        var shape = entry.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()).ToArray();
        Assert.Equal(shape.Aggregate(1L, (product, size) => product * size), actual.Length);
        var expected = Stored(name);
        var slice = Slice(shape, entry.TryGetProperty("stored", out var stored) ? stored.GetString()! : "").ToList();
        Assert.Equal(expected.Length, slice.Count);

        double squares = 0, largest = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(float.IsFinite(actual[slice[i]]), $"{name}[{slice[i]}] is {actual[slice[i]]}");
            var error = Math.Abs((double)actual[slice[i]] - expected[i]);
            squares += error * error;
            largest = Math.Max(largest, error);
        }
        var rms = Math.Sqrt(squares / expected.Length);
        var top = entry.GetProperty("max").GetDouble();
        var floor = Math.Max(2.0 * MathF.BitIncrement((float)top) - 2.0 * (float)top, 2 * relative * Math.Max(top, size));
        var known = entry.TryGetProperty($"{precision}_rms_error", out var rmsError);
        var rmsBound = known ? Math.Max(2 * rmsError.GetDouble(), floor) : 1e-5 * top;
        var maxBound = known ? Math.Max(4 * entry.GetProperty($"{precision}_max_error").GetDouble(), floor) : 1e-5 * top;
        Assert.True(rms <= rmsBound, $"{name}: root mean square error {rms:E2} is above {rmsBound:E2}");
        Assert.True(precision != "fp32" || largest <= maxBound, $"{name}: largest error {largest:E2} is above {maxBound:E2}");
    }

    /// <summary>The reference's own float32 error of an entry, as a part of the entry's size.</summary>
    public double RelativeError(string name)
    {
        var entry = Root.GetProperty("tensors").GetProperty(name);
        return entry.GetProperty("fp32_rms_error").GetDouble() / entry.GetProperty("rms").GetDouble();
    }

    public void Dispose()
    {
        tensors.Dispose();
        document.Dispose();
    }

    // Flat indices of a slice such as ":, :3, ::9".
    private static IEnumerable<int> Slice(int[] shape, string slice)
    {
        var parts = slice.Length == 0 ? [] : slice.Split(',', StringSplitOptions.TrimEntries);
        IEnumerable<int> indices = [0];
        for (var axis = 0; axis < shape.Length; axis++)
        {
            var bounds = (axis < parts.Length ? parts[axis] : ":").Split(':');
            var first = bounds[0].Length == 0 ? 0 : int.Parse(bounds[0]);
            var last = bounds[1].Length == 0 ? shape[axis] : Math.Min(shape[axis], int.Parse(bounds[1]));
            var step = bounds.Length < 3 ? 1 : int.Parse(bounds[2]);
            var (size, places) =
                (shape[axis], Enumerable.Range(0, (last - first + step - 1) / step).Select(i => first + (i * step)).ToArray());
            indices = indices.SelectMany(index => places.Select(place => (index * size) + place));
        }
        return indices;
    }
}
