using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;

namespace Blip.Tests.Kernels;

/// <summary>The doors of sampling on arrays.</summary>
internal static class SamplingRun
{
    public static (float[] Scores, float[] LogSums) LogSoftmax(
        Device device, string id, ScoreCase test, float[] logits, int rowsPerSource = 1, bool normalize = true)
    {
        using var from = device.Upload<float>(logits);
        using var to = device.Allocate<float>(logits.Length * rowsPerSource);
        using var sums = device.Allocate<float>(test.Rows * rowsPerSource);
        Blip.Kernels.LogSoftmax.Run(device, new LogSoftmaxArgs
        {
            Logits = from.View,
            Scores = to.View,
            LogSums = sums.View,
            Rows = test.Rows * rowsPerSource,
            RowsPerSource = rowsPerSource,
            Vocabulary = test.Vocabulary,
            Normalize = normalize,
        });
        return (to.ToArray(), sums.ToArray());
    }

    public static (int[] Tokens, float[] Sums, float[] Orders) TopCandidates(
        Device device, string id, ScoreCase test, float[] scores, float[] running, int count, ulong? seed =
            null, long[]? streams = null, int[]? lengths = null, int rowsPerImage = 1)
    {
        using var buffer = device.Upload<float>(scores);
        using var gathered = device.Upload<float>(running);
        using var orders = device.Allocate<float>(test.Rows * count);
        using var sums = device.Allocate<float>(test.Rows * count);
        using var tokens = device.Allocate<int>(test.Rows * count);
        using var stream = device.Upload<long>(streams ?? []);
        using var length = device.Upload<int>(lengths ?? []);
        Blip.Kernels.TopCandidates.Run(device, new TopCandidatesArgs
        {
            Scores = buffer.View,
            Running = gathered.View,
            Rows = test.Rows,
            RowsPerImage = rowsPerImage,
            Vocabulary = test.Vocabulary,
            Count = count,
            Sample = seed is not null,
            Seed = seed ?? 0,
            Streams = stream.View,
            Lengths = length.View,
            Orders = orders.View,
            Sums = sums.View,
            Tokens = tokens.View,
        });
        return (tokens.ToArray(), sums.ToArray(), orders.ToArray());
    }
}
