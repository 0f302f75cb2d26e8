namespace Blip.Kernels;

internal static unsafe class RowMath
{
    /// <summary>y = x; rows must not overlap.</summary>
    public static void Copy(float* x, float* y, int length) => new ReadOnlySpan<float>(x, length).CopyTo(new Span<float>(y, length));

    /// <summary>Minus infinity for no elements.</summary>
    public static float Largest<TVector>(float* x, int length)
        where TVector : unmanaged, IVector<TVector>
    {
        var most = TVector.Create(float.NegativeInfinity);
        var c = 0;
        for (; c + TVector.Count <= length; c += TVector.Count)
            most = TVector.Max(most, TVector.Load(x + c));
        var largest = TVector.Largest(most);
        for (; c < length; c++)
            largest = MathF.Max(largest, x[c]);
        return largest;
    }

    /// <summary>y = a + b.</summary>
    public static void Add<TVector>(float* a, float* b, float* y, int length)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var c = 0; c < length; c += TVector.Count)
            VectorTail.Store(TVector.Load(a + c) + TVector.Load(b + c), y + c, length - c);
    }

    /// <summary>y += x · factor.</summary>
    public static void AddScaled<TVector>(float* x, float factor, float* y, int length)
        where TVector : unmanaged, IVector<TVector>
    {
        for (var c = 0; c < length; c += TVector.Count)
            VectorTail.Store(TVector.MultiplyAdd(TVector.Load(x + c), TVector.Create(factor), TVector.Load(y + c)), y + c, length - c);
    }

    /// <summary>The sum's order depends on the vector's width.</summary>
    public static float Dot<TVector>(float* a, float* b, int length)
        where TVector : unmanaged, IVector<TVector>
    {
        var lanes = TVector.Create(0);
        var c = 0;
        for (; c + TVector.Count <= length; c += TVector.Count)
            lanes = TVector.MultiplyAdd(TVector.Load(a + c), TVector.Load(b + c), lanes);
        var sum = TVector.Sum(lanes);
        for (; c < length; c++)
            sum += a[c] * b[c];
        return sum;
    }
}
