using System.Text.Json;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Training.Engine;

namespace Blip.Tests.Training;

/// <summary>
/// The results of the reference's training: losses, gradients of every parameter before the first step, and parameters after the last one.
/// </summary>
internal sealed class TrainingGolden : IDisposable
{
    // The largest errors that are allowed in single precision: of a loss, of a gradient by its rms, and of a parameter by the rms of its
    // change.
    private const double LossError = 1e-5, GradientError = 1e-5, ChangeError = 1e-3;

    // The same in 16 bits, the first two in units of the format's rounding (2^-8 and 2^-11). The longest way of a gradient leads forward
    // and back through 50 products, and a rounding has an rms of 0.41 units: 0.41 · √50 = 2.9, where one operand of each is rounded. Four
    // times that is allowed. A loss has most of its error from the steps before. AdamW's first steps are nearly the gradient's sign: where
    // it is the other one, the step is off by twice the change.
    private const double RoundedLossError = 3, RoundedGradientError = 11.6, RoundedChangeError = 0.3;

    private readonly SafetensorsFile gradients, after;
    private readonly JsonElement errors;

    /// <summary>Opens one of the runs in <c>training.json</c> or <c>pretrain.json</c>.</summary>
    public TrainingGolden(string folder, string name, int steps)
    {
        Root = JsonElement.Parse(File.ReadAllBytes(GoldenModel.Folder(folder, $"{folder}.json")));
        gradients = new SafetensorsFile(GoldenModel.Folder(folder, $"{name}.gradients.safetensors"));
        after = new SafetensorsFile(GoldenModel.Folder(folder, $"{name}.after-{steps}-steps.safetensors"));
        errors = Root.GetProperty("fp32").GetProperty(folder == name ? "parameters" : name);
    }

    /// <summary>The document.</summary>
    public JsonElement Root { get; }

    /// <summary>The sizes that all runs have.</summary>
    public static BlipConfig Config { get; } = BlipConfig.Load(GoldenModel.Folder("models", "tiny-square", "captioning", "config.json"));

    /// <summary>A table of token ids, without their padding.</summary>
    public static int[][] Texts(JsonElement ids, JsonElement mask) =>
        [.. Rows(ids).Zip(Rows(mask), (row, words) => row[..words.Sum()])];

    public static int[] Numbers(JsonElement row) => [.. row.EnumerateArray().Select(number => number.GetInt32())];

    /// <summary>Numbers by the rule of the synthetic weights.</summary>
    public static float[] Made(string name, int count, double offset = 0, double scale = 1)
    {
        var values = new float[count];
        SyntheticTensors.Fill(name, offset, scale, values);
        return values;
    }

    /// <summary>Vectors of length one <c>[rows, dim]</c> by the same rule.</summary>
    public static float[] Unit(string name, int rows, int dim)
    {
        var values = Made(name, rows * dim);
        foreach (var row in Enumerable.Range(0, rows))
        {
            var vector = values.AsSpan(row * dim, dim);
            var length = 0.0;
            foreach (var value in vector)
                length += (double)value * value;
            foreach (ref var value in vector)
                value = (float)(value / Math.Sqrt(length));
        }
        return values;
    }

    public static void LossesAgree(double expected, double actual, string what, Precision precision = Precision.Fp32) => Assert.True(
        Math.Abs(actual - expected) <= Allowed(precision, LossError, RoundedLossError) * Math.Abs(expected),
        $"{what}: {actual:g9}, where the reference has {expected:g9}");

    /// <summary>Compares every gradient with the reference's.</summary>
    /// <param name="model">The model.</param>
    /// <param name="precision">The format of its products.</param>
    /// <param name="scale">The divisor of the gradients.</param>
    public void GradientsAgree(TrainedModel model, Precision precision = Precision.Fp32, double scale = 1)
    {
        // NVIDIA's kernels round both operands.
        var operands = model.Device.Kind == DeviceKind.Cuda ? 2 : 1;
        var allowed = Allowed(precision, GradientError, RoundedGradientError * Math.Sqrt(operands));
        var compared = 0;
        foreach (var (i, parameter) in model.Trained.Parameters.Index())
        {
            float[] values = [.. model.Device.Read(model.Trained.Gradient(i)).Select(value => (float)(value / scale))];
            if (parameter.Matrix is { } matrix)
                values = Transposed(values, matrix.InFeatures, matrix.OutFeatures);
            foreach (var (key, part) in Split(parameter.Keys, values))
            {
                var expected = gradients.ReadAll(key);
                var (error, size) = Compare(key, expected, part, expected);
                Assert.True(error <= allowed * size, $"the gradient of {key} is off by {error / size:g3} of its rms");
                compared++;
            }
        }
        Assert.Equal(gradients.Keys.Count, compared);
    }

    /// <summary>Compares every parameter with the reference's after its steps.</summary>
    public void ParametersAgree(TrainedModel model, ITensorSource start, Precision precision = Precision.Fp32)
    {
        var trained = new TrainedTensorSource(start, model);
        foreach (var key in model.Trained.Parameters.SelectMany(parameter => parameter.Keys))
        {
            var (expected, before) = (after.ReadAll(key), start.ReadAll(key));
            float[] change = [.. expected.Zip(before, (a, b) => a - b)];
            var (error, size) = Compare(key, expected, trained.ReadAll(key), change);
            var allowed = precision == Precision.Fp32
                ? Math.Max(ChangeError, 8 * errors.GetProperty(key).GetProperty("update").GetDouble()) : RoundedChangeError;
            Assert.True(error <= allowed * size,
                $"{key} after the steps is off by {error / size:g3} of its change's rms, more than {allowed:g3}");
        }
    }

    /// <summary>A tensor after the steps.</summary>
    public float[] After(string name) => after.ReadAll(name);

    public void Dispose()
    {
        gradients.Dispose();
        after.Dispose();
    }

    private static double Allowed(Precision precision, double single, double units) => precision switch
    {
        Precision.Fp32 => single,
        Precision.Bf16 => units / 256,
        Precision.Fp16 => units / 2048,
        _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "Nothing is trained in it."),
    };

    // Biases of keys have no gradient in exact arithmetic, since a softmax does not see what all keys share.
    private static (double Error, double Size) Compare(string key, float[] expected, float[] actual, float[] scale)
    {
        var left = key.EndsWith(".key.bias", StringComparison.Ordinal) ? (0, expected.Length)
            : key.EndsWith("qkv.bias", StringComparison.Ordinal) ? (expected.Length / 3, 2 * expected.Length / 3) : (0, 0);
        double error = 0, size = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            if (i >= left.Item1 && i < left.Item2)
                continue;
            error += Math.Pow((double)actual[i] - expected[i], 2);
            size += Math.Pow(scale[i], 2);
        }
        return (Math.Sqrt(error), Math.Sqrt(size));
    }

    private IEnumerable<(string Key, float[] Values)> Split(IReadOnlyList<string> keys, float[] values)
    {
        var at = 0;
        foreach (var key in keys)
        {
            var count = (int)gradients.Get(key).ElementCount;
            yield return (key, values[at..(at += count)]);
        }
        Assert.Equal(values.Length, at);
    }

    /// <summary>Columns in the place of rows.</summary>
    public static float[] Transposed(float[] values, int rows, int columns) =>
        [.. Enumerable.Range(0, values.Length).Select(i => values[(i % rows * columns) + (i / rows)])];

    private static int[][] Rows(JsonElement table) => [.. table.EnumerateArray().Select(Numbers)];
}
