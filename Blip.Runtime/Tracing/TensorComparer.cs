using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Tracing;

/// <summary>Compares a tensor of two files piece by piece, so that none is in memory as a whole.</summary>
internal sealed class TensorComparer(TraceFile first, TraceFile second)
{
    private const int Piece = 1 << 16;

    private readonly float[] left = new float[Piece], right = new float[Piece];

    public TensorDifference Compare(string name)
    {
        var (a, b) = (first.Info(name), second.Info(name));
        return a.Shape.AsSpan().SequenceEqual(b.Shape)
            ? Compare(new TensorDifference(name, a, b), 1, a.ElementCount, a.ElementCount, a.ElementCount)
            : new TensorDifference(name, a, b) { Reason = $"the shapes are {a.ShapeText} and {b.ShapeText}" };
    }

    /// <summary>
    /// Compares the first <paramref name="tokens"/> of each row of <c>[rows, tokens, …]</c>: behind them the decoders read different texts.
    /// </summary>
    public TensorDifference CompareTokens(string name, long tokens)
    {
        var (a, b) = (first.Info(name), second.Info(name));
        var (x, y) = (a.Shape, b.Shape);
        if (x.Length < 2 || x.Length != y.Length || x[0] != y[0] || !x.AsSpan(2).SequenceEqual(y.AsSpan(2)))
            return Compare(name);
        var inner = x[2..].Aggregate(1L, (product, size) => product * size);
        var count = Math.Min(tokens, Math.Min(x[1], y[1]));
        return Compare(new TensorDifference(name, a, b), x[0], count * inner, x[1] * inner, y[1] * inner);
    }

    private TensorDifference Compare(TensorDifference tensor, long rows, long length, long firstStride, long secondStride)
    {
        var sums = new Sums();
        for (var row = 0L; row < rows; row++)
        {
            for (var done = 0L; done < length; done += Piece)
            {
                var count = (int)Math.Min(Piece, length - done);
                var at = (row * firstStride) + done;
                first.Read(tensor.Name, at, left.AsSpan(0, count));
                second.Read(tensor.Name, (row * secondStride) + done, right.AsSpan(0, count));
                sums.Add(left.AsSpan(0, count), right.AsSpan(0, count), at);
            }
        }
        return sums.Of(tensor, rows * length);
    }

    private sealed class Sums
    {
        private double largest = -1, squares, differences;
        private long at, finite, firstWrong, secondWrong;
        private (float First, float Second) values;

        public void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, long offset)
        {
            for (var i = 0; i < a.Length; i++)
            {
                firstWrong += float.IsFinite(a[i]) ? 0 : 1;
                secondWrong += float.IsFinite(b[i]) ? 0 : 1;
                var difference = Difference(a[i], b[i]);
                if (difference > largest)
                    (largest, at, values) = (difference, offset + i, (a[i], b[i]));
                differences += difference * difference;
                if (float.IsFinite(b[i]))
                    (finite, squares) = (finite + 1, squares + ((double)b[i] * b[i]));
            }
        }

        public TensorDifference Of(TensorDifference tensor, long count) => tensor with
        {
            Compared = count,
            Largest = Math.Max(0, largest),
            Index = count == 0 ? [] : Place(at, tensor.First.Shape),
            Values = values,
            Rms = finite == 0 ? 0 : Math.Sqrt(squares / finite),
            RmsDifference = count == 0 ? 0 : Math.Sqrt(differences / count),
            NotFinite = (firstWrong, secondWrong),
        };

        // Equal infinities, or NaN in both, are no difference.
        private static double Difference(float a, float b) =>
            a.Equals(b) ? 0 : float.IsFinite(a) && float.IsFinite(b) ? Math.Abs((double)a - b) : double.PositiveInfinity;

        private static long[] Place(long flat, long[] shape)
        {
            var index = new long[shape.Length];
            for (var axis = shape.Length - 1; axis >= 0; axis--)
                (flat, index[axis]) = (flat / shape[axis], flat % shape[axis]);
            return index;
        }
    }
}
