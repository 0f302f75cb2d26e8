using System.Runtime.Intrinsics;
using Blip.Kernels;

namespace Blip.Tests.Kernels;

public class PairsTests
{
    [Fact]
    public void Products_by_shifts_are_those_of_the_processor()
    {
        Agrees<Pairs128>((a, b) => [.. Lanes(Pairs128.ProductsByShifts(Vector128.Create(a).AsInt32(), Vector128.Create(b).AsInt32()))]);
        Agrees<Pairs256>((a, b) => [.. Lanes(Pairs256.ProductsByShifts(Vector256.Create(a).AsInt32(), Vector256.Create(b).AsInt32()))]);
        Agrees<Pairs512>((a, b) => [.. Lanes(Pairs512.ProductsByShifts(Vector512.Create(a).AsInt32(), Vector512.Create(b).AsInt32()))]);
    }

    private static unsafe void Agrees<TPairs>(Func<short[], short[], int[]> byShifts)
        where TPairs : unmanaged, IPairs<TPairs>
    {
        var random = new Random(3);
        for (var repetition = 0; repetition < 100; repetition++)
        {
            // The pair of inputs is the same in every place, as in the kernels; the weights are widened from bytes.
            short[] pair = [repetition == 0 ? short.MaxValue : (short)random.Next(-32767, 32768), (short)random.Next(-32767, 32768)];
            var bytes = Enumerable.Range(0, 2 * TPairs.Count).Select(_ => (sbyte)random.Next(-127, 128)).ToArray();
            var (a, b) = (Enumerable.Range(0, bytes.Length).Select(i => pair[i % 2]).ToArray(),
                bytes.Select(value => (short)value).ToArray());
            int[] expected = [.. Enumerable.Range(0, TPairs.Count).Select(i => (a[2 * i] * b[2 * i]) + (a[(2 * i) + 1] * b[(2 * i) + 1]))];
            var sums = new float[TPairs.Count];
            fixed (short* inputs = pair)
            fixed (sbyte* weights = bytes)
            fixed (float* to = sums)
                TPairs.AddTo((TPairs.Repeat(inputs) * TPairs.Widen(weights)) + default(TPairs), to);
            Assert.Equal(expected.Select(sum => (float)sum), sums);
            Assert.Equal(expected, byShifts(a, b));
        }
    }

    private static IEnumerable<int> Lanes(Vector128<int> vector) => Enumerable.Range(0, 4).Select(i => vector[i]);

    private static IEnumerable<int> Lanes(Vector256<int> vector) => Enumerable.Range(0, 8).Select(i => vector[i]);

    private static IEnumerable<int> Lanes(Vector512<int> vector) => Enumerable.Range(0, 16).Select(i => vector[i]);
}
