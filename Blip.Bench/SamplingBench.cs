using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Tests.Cases;

namespace Blip.Bench;

/// <summary>From logits to candidates: what each word of a caption costs after the model.</summary>
internal static class SamplingBench
{
    // Beams look at twice their number; ten is what five beams ask for.
    private const int Candidates = 10;

    // A difference, an exponential of some ten operations, and two sums.
    private const double SoftmaxFlopsPerElement = 13;

    public static IEnumerable<KernelBench.Entry> LogSoftmaxes(Device device, Func<string, bool> chosen)
    {
        foreach (var test in ScoreCases.Real.Where(test => chosen(test.ToString())))
        {
            var logits = test.Make();
            var from = device.Upload<float>(logits);
            var to = device.Allocate<float>(logits.Length);
            var sums = device.Allocate<float>(test.Rows);
            var args = new LogSoftmaxArgs
            {
                Logits = from.View,
                Scores = to.View,
                LogSums = sums.View,
                Rows = test.Rows,
                RowsPerSource = 1,
                Vocabulary = test.Vocabulary,
                Normalize = true,
            };
            yield return new KernelBench.Entry(
                Name(test), Variant(device), SoftmaxFlopsPerElement * logits.Length, 2.0 * sizeof(float) * logits.Length,
                () => LogSoftmax.Run(device, args),
                () => test.LogSoftmaxError(logits, to.ToArray(), sums.ToArray()).Error,
                () => Dispose(from, to, sums));
        }
    }

    public static IEnumerable<KernelBench.Entry> TopCandidate(Device device, Func<string, bool> chosen)
    {
        foreach (var test in ScoreCases.Real.Where(test => chosen(test.ToString())))
        {
            var values = test.Make();
            var scores = device.Upload<float>(values);
            var running = device.Allocate<float>(test.Rows);
            var orders = device.Allocate<float>(test.Rows * Candidates);
            var sums = device.Allocate<float>(test.Rows * Candidates);
            var tokens = device.Allocate<int>(test.Rows * Candidates);
            var args = new TopCandidatesArgs
            {
                Scores = scores.View,
                Running = running.View,
                Rows = test.Rows,
                RowsPerImage = test.Rows,
                Vocabulary = test.Vocabulary,
                Count = Candidates,
                Orders = orders.View,
                Sums = sums.View,
                Tokens = tokens.View,
            };
            yield return new KernelBench.Entry(
                $"{Name(test)}, best {Candidates}", Variant(device), values.Length, sizeof(float) * (double)values.Length,
                () => TopCandidates.Run(device, args),
                () => Enumerable.Range(0, test.Rows).All(row => Expected(test, values, row).SequenceEqual(tokens.ToArray().Skip(row * Candidates).Take(Candidates))) ? 0 : double.PositiveInfinity,
                () => Dispose(scores, running, orders, sums, tokens));
        }
    }

    private static IEnumerable<int> Expected(ScoreCase test, float[] values, int row) =>
        TopCandidatesReference.Row(values[(row * test.Vocabulary)..((row + 1) * test.Vocabulary)], 0, _ => 0, Candidates).Select(candidate => candidate.Token);

    private static string Name(ScoreCase test) => $"{test.Rows} x {test.Vocabulary}";

    private static string Variant(Device device) => device.Kind == DeviceKind.Cpu ? "simd" : "portable";

    private static void Dispose(params IDisposable[] owned)
    {
        foreach (var buffer in owned)
            buffer.Dispose();
    }
}
