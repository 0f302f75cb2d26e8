using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// A group of the products takes some columns and four rows; shared memory coalesces its reads. Softmax has a group per row, the gradient
/// one per row and piece of columns.
/// </summary>
internal static class SoftTargetContrastPortable
{
    // Blockwise sums limit the rounding error.
    private const int Block = 32;

    // Staged elements per column; the stride avoids bank conflicts.
    private const int Part = 16, PartStride = Part + 1;

    private const int RowsAtOnce = 4;

    // Sums per row.
    private const int Sums = 6;

    // Columns per group of the gradient.
    private const int Piece = 512;

    public static void Run(Device device, in SoftTargetContrastArgs args)
    {
        var columns = args.Rows + args.QueueLength;
        var pieces = (columns + Piece - 1) / Piece;
        var (similarities, gradients) = ((long)args.Rows * columns, (long)pieces * args.Rows * args.Dim);
        var memory = device.Scratch(((2 * similarities) + args.Rows + gradients) * sizeof(float)).Cast<float>();
        var own = memory.SubView(0, similarities);
        var other = memory.SubView(similarities, similarities);
        var temperatures = memory.SubView(2 * similarities, args.Rows);
        var parts = memory.SubView((2 * similarities) + args.Rows, gradients);
        var queue = device.OrEmpty(args.OtherQueue);
        var group = device.GroupSize;
        device.Launch(
            new KernelConfig(
                new Index3D((columns + group - 1) / group, (args.Rows + RowsAtOnce - 1) / RowsAtOnce, 1), new Index3D(group, 1, 1)),
            new ProductKernel(args.Features, args.MomentumFeatures, args.OtherBatch, queue, own, other, args.Rows, columns, args.Dim));
        device.Launch(
            new KernelConfig(args.Rows, group),
            new RowKernel(
                own, other, temperatures, args.Temperature, args.Keys, device.OrEmpty(args.QueueKeys), args.Losses, args.Rows, columns,
                args.Alpha, args.RowWeight));
        if (args.FeatureGradient.Length > 0)
        {
            device.Launch(
                new KernelConfig(new Index3D(args.Rows, pieces, 1), new Index3D(group, 1, 1)),
                new PieceKernel(own, args.OtherBatch, queue, parts, args.Rows, columns, args.Dim));
            device.Launch(
                new KernelConfig(args.Rows, group), new SumKernel(parts, args.FeatureGradient, pieces, args.Rows, args.Dim));
        }
        if (args.TemperatureGradient.Length > 0)
            device.Launch(new KernelConfig(1, 1), new TemperatureKernel(temperatures, args.TemperatureGradient, args.Rows));
    }

    [Kernel]
    internal readonly struct ProductKernel(
        ArrayView<float> features, ArrayView<float> momentum, ArrayView<float> batch, ArrayView<float> queue, ArrayView<float> own,
        ArrayView<float> other, int rows, int columns, int dim) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Device.MaxGroupSize * PartStride);
            var first = Grid.IdxX * Group.DimX;
            var column = first + Group.IdxX;
            var row = Grid.IdxY * RowsAtOnce;
            var (s0, s1, s2, s3) = (0f, 0f, 0f, 0f);
            var (m0, m1, m2, m3) = (0f, 0f, 0f, 0f);
            // Rows beyond the last repeat it.
            var r0 = (long)row * dim;
            var r1 = (long)IntrinsicMath.Min(row + 1, rows - 1) * dim;
            var r2 = (long)IntrinsicMath.Min(row + 2, rows - 1) * dim;
            var r3 = (long)IntrinsicMath.Min(row + 3, rows - 1) * dim;
            for (var start = 0; start < dim; start += Part)
            {
                var length = IntrinsicMath.Min(Part, dim - start);
                for (var i = Group.IdxX; i < Group.DimX * Part; i += Group.DimX)
                {
                    var (c, d) = (i / Part, i % Part);
                    if (first + c < columns && d < length)
                        shared[(c * PartStride) + d] = Column(first + c, start + d);
                }
                Group.Barrier();
                if (column < columns)
                {
                    for (var d = 0; d < length; d++)
                    {
                        var value = shared[(Group.IdxX * PartStride) + d];
                        var at = start + d;
                        s0 += features[r0 + at] * value;
                        s1 += features[r1 + at] * value;
                        s2 += features[r2 + at] * value;
                        s3 += features[r3 + at] * value;
                        m0 += momentum[r0 + at] * value;
                        m1 += momentum[r1 + at] * value;
                        m2 += momentum[r2 + at] * value;
                        m3 += momentum[r3 + at] * value;
                    }
                }
                Group.Barrier();
            }
            if (column >= columns)
                return;
            Write(row, column, s0, m0);
            Write(row + 1, column, s1, m1);
            Write(row + 2, column, s2, m2);
            Write(row + 3, column, s3, m3);
        }

        private float Column(int column, int d) =>
            column < rows ? batch[((long)column * dim) + d] : queue[((long)(column - rows) * dim) + d];

        private void Write(int row, int column, float s, float m)
        {
            if (row >= rows)
                return;
            own[((long)row * columns) + column] = s;
            other[((long)row * columns) + column] = m;
        }
    }

    [Kernel]
    internal readonly struct RowKernel(
        ArrayView<float> own, ArrayView<float> other, ArrayView<float> temperatures, ArrayView<float> temperature, ArrayView<int> keys,
        ArrayView<int> queueKeys, ArrayView<float> losses, int rows, int columns, float alpha, float weight) : IDeviceKernel
    {
        public void Run()
        {
            var shared = SharedMemory.Allocate<float>(Sums * Device.MaxGroupSize);
            var row = (long)Grid.IdxX * columns;
            var key = keys[Grid.IdxX];
            var inverse = 1f / temperature[0];

            var (largest, largestMomentum) = (float.NegativeInfinity, float.NegativeInfinity);
            for (var j = Group.IdxX; j < columns; j += Group.DimX)
            {
                largest = IntrinsicMath.Max(largest, own[row + j]);
                largestMomentum = IntrinsicMath.Max(largestMomentum, other[row + j]);
            }
            largest = GroupReduction.Max(largest, shared) * inverse;
            largestMomentum = GroupReduction.Max(largestMomentum, shared) * inverse;

            var (sum, product, momentumSum, momentumProduct) = (0f, 0f, 0f, 0f);
            var (count, hard) = (0f, 0f);
            var stride = Group.DimX * Block;
            for (var start = Group.IdxX; start < columns; start += stride)
            {
                var end = IntrinsicMath.Min(start + stride, columns);
                var (blockSum, blockProduct, blockMomentumSum, blockMomentumProduct) = (0f, 0f, 0f, 0f);
                for (var j = start; j < end; j += Group.DimX)
                {
                    var shifted = (own[row + j] * inverse) - largest;
                    var exponential = Maths.Exp(shifted);
                    var momentum = Maths.Exp((other[row + j] * inverse) - largestMomentum);
                    blockSum += exponential;
                    blockProduct += exponential * shifted;
                    blockMomentumSum += momentum;
                    blockMomentumProduct += momentum * shifted;
                    if (KeyOf(j) == key)
                    {
                        count += 1f;
                        hard += shifted;
                    }
                    own[row + j] = exponential;
                    other[row + j] = momentum;
                }
                sum += blockSum;
                product += blockProduct;
                momentumSum += blockMomentumSum;
                momentumProduct += blockMomentumProduct;
            }
            shared[Place(0)] = sum;
            shared[Place(1)] = product;
            shared[Place(2)] = momentumSum;
            shared[Place(3)] = momentumProduct;
            shared[Place(4)] = count;
            shared[Place(5)] = hard;
            AddUp(shared);
            sum = shared[0];
            product = shared[Device.MaxGroupSize];
            momentumSum = shared[2 * Device.MaxGroupSize];
            momentumProduct = shared[3 * Device.MaxGroupSize];
            count = shared[4 * Device.MaxGroupSize];
            hard = shared[5 * Device.MaxGroupSize];

            // Means of s - largest, by softmax and by targets.
            var target = (alpha * (momentumProduct / momentumSum)) + ((1f - alpha) * (hard / count));
            var scale = weight * inverse;
            if (Group.IdxX == 0)
            {
                losses[Grid.IdxX] = weight * (Maths.Log(sum) - target);
                temperatures[Grid.IdxX] = scale * (target - (product / sum));
            }
            var (ownScale, otherScale, share) = (scale / sum, scale * alpha / momentumSum, scale * (1f - alpha) / count);
            for (var j = Group.IdxX; j < columns; j += Group.DimX)
                own[row + j] = (own[row + j] * ownScale) - (other[row + j] * otherScale) - (KeyOf(j) == key ? share : 0f);
        }

        private static int Place(int sum) => (sum * Device.MaxGroupSize) + Group.IdxX;

        // All sums at once: compilers for processors take minutes over many loops with barriers.
        private static void AddUp(ArrayView<float> shared)
        {
            Group.Barrier();
            for (var step = Group.DimX / 2; step > 0; step /= 2)
            {
                for (var sum = 0; sum < Sums && Group.IdxX < step; sum++)
                    shared[Place(sum)] += shared[Place(sum) + step];
                Group.Barrier();
            }
        }

        private int KeyOf(int column) => column < rows ? keys[column] : queueKeys[column - rows];
    }

    [Kernel]
    internal readonly struct PieceKernel(
        ArrayView<float> weights, ArrayView<float> batch, ArrayView<float> queue, ArrayView<float> parts, int rows, int columns, int dim)
        : IDeviceKernel
    {
        public void Run()
        {
            var (row, piece) = (Grid.IdxX, Grid.IdxY);
            var first = piece * Piece;
            var end = IntrinsicMath.Min(first + Piece, columns);
            var middle = IntrinsicMath.Clamp(rows, first, end);
            var from = (long)row * columns;
            for (var c = Group.IdxX; c < dim; c += Group.DimX)
            {
                var sum = 0f;
                for (var j = first; j < middle; j++)
                    sum += weights[from + j] * batch[((long)j * dim) + c];
                for (var j = middle; j < end; j++)
                    sum += weights[from + j] * queue[((long)(j - rows) * dim) + c];
                parts[(((((long)piece * rows) + row)) * dim) + c] = sum;
            }
        }
    }

    [Kernel]
    internal readonly struct SumKernel(ArrayView<float> parts, ArrayView<float> gradient, int pieces, int rows, int dim) : IDeviceKernel
    {
        public void Run()
        {
            for (var c = Group.IdxX; c < dim; c += Group.DimX)
            {
                var sum = 0f;
                for (var piece = 0; piece < pieces; piece++)
                    sum += parts[((((long)piece * rows) + Grid.IdxX) * dim) + c];
                gradient[((long)Grid.IdxX * dim) + c] = sum;
            }
        }
    }

    [Kernel]
    internal readonly struct TemperatureKernel(ArrayView<float> temperatures, ArrayView<float> gradient, int rows) : IDeviceKernel
    {
        public void Run()
        {
            var sum = 0f;
            for (var row = 0; row < rows; row++)
                sum += temperatures[row];
            gradient[0] += sum;
        }
    }
}
