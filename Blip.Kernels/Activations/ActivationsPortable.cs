using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Activations on every accelerator, one work-item per element, or on a processor per piece.</summary>
internal static class ActivationsPortable
{
    public static void Run(Device device, ArrayView<float> x, ArrayView<float> y, long count, Activation kind)
    {
        switch (kind)
        {
            case Activation.Gelu: Run<Gelu>(device, x, y, count); break;
            case Activation.QuickGelu: Run<QuickGelu>(device, x, y, count); break;
            case Activation.GeluTanh: Run<GeluTanh>(device, x, y, count); break;
            case Activation.Relu: Run<Relu>(device, x, y, count); break;
            default: Run<Tanh>(device, x, y, count); break;
        }
    }

    /// <summary>The function of one value, for the epilogue of another kernel.</summary>
    public static float Apply(float x, int kind) => (Activation)kind switch
    {
        Activation.Gelu => Gelu.Apply(new Scalar(x)).Value,
        Activation.QuickGelu => QuickGelu.Apply(new Scalar(x)).Value,
        Activation.GeluTanh => GeluTanh.Apply(new Scalar(x)).Value,
        Activation.Relu => Relu.Apply(new Scalar(x)).Value,
        Activation.Tanh => Tanh.Apply(new Scalar(x)).Value,
        _ => x,
    };

    /// <summary>
    /// The function of each of some values that lie side by side: the choice stands before the loops, so that a compiler makes vectors of them.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ApplyAll(ArrayView<float> values, int count, int kind)
    {
        if (kind == (int)Activation.Gelu)
            ApplyAll<Gelu>(values, count);
        else if (kind == (int)Activation.QuickGelu)
            ApplyAll<QuickGelu>(values, count);
        else if (kind == (int)Activation.GeluTanh)
            ApplyAll<GeluTanh>(values, count);
        else if (kind == (int)Activation.Relu)
            ApplyAll<Relu>(values, count);
        else if (kind == (int)Activation.Tanh)
            ApplyAll<Tanh>(values, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ApplyAll<TActivation>(ArrayView<float> values, int count)
        where TActivation : struct, IActivation
    {
        for (var i = 0; i < count; i++)
            values[i] = TActivation.Apply(new Scalar(values[i])).Value;
    }

    private static void Run<TActivation>(Device device, ArrayView<float> x, ArrayView<float> y, long count)
        where TActivation : struct, IActivation
    {
        var perItem = Elementwise.ElementsPerItem(device);
        device.Load<ArrayView<float>, ArrayView<float>, long, int>(Kernel<TActivation>)(
            device.Stream, Elementwise.Launch(device, count, perItem), x, y, count, perItem);
    }

    [Kernel(typeof(Gelu)), Kernel(typeof(QuickGelu)), Kernel(typeof(GeluTanh)), Kernel(typeof(Relu)), Kernel(typeof(Tanh))]
    internal static void Kernel<TActivation>(ArrayView<float> x, ArrayView<float> y, long count, int perItem)
        where TActivation : struct, IActivation
    {
        var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
        var end = IntrinsicMath.Min(first + perItem, count);
        for (var i = first; i < end; i++)
            y[i] = TActivation.Apply(new Scalar(x[i])).Value;
    }
}
