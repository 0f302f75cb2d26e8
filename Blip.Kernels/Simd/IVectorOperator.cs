using Blip.Kernels.Devices;

namespace Blip.Kernels;

/// <summary>An <see cref="ICpuOperator"/> for vectors of every width.</summary>
internal interface IVectorOperator
{
    /// <summary>At least 0.</summary>
    int Tasks { get; }

    /// <summary>Runs one task.</summary>
    /// <param name="task">0 to <see cref="Tasks"/> - 1.</param>
    void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>;
}

/// <summary>The width is chosen once per launch, never per task.</summary>
internal static class VectorLaunches
{
    /// <summary>Uses the device's vectors.</summary>
    public static void LaunchVectors<TOperator>(this Device device, in TOperator op)
        where TOperator : unmanaged, IVectorOperator => VectorTypes.Use(device.Vectors, new Widest<TOperator>(device, op));

    /// <summary>Uses 16 lanes at every width: sums over lanes then have one order and accuracy.</summary>
    public static void LaunchSixteenLanes<TOperator>(this Device device, in TOperator op)
        where TOperator : unmanaged, IVectorOperator => VectorTypes.Use(device.Vectors, new SixteenLanes<TOperator>(device, op));

    private readonly struct Widest<TOperator>(Device device, TOperator op) : IVectorUse
        where TOperator : unmanaged, IVectorOperator
    {
        void IVectorUse.With<TVector, TSixteen, TPairs>() => device.Launch(new Bound<TOperator, TVector>(op));
    }

    private readonly struct SixteenLanes<TOperator>(Device device, TOperator op) : IVectorUse
        where TOperator : unmanaged, IVectorOperator
    {
        void IVectorUse.With<TVector, TSixteen, TPairs>() => device.Launch(new Bound<TOperator, TSixteen>(op));
    }

    private struct Bound<TOperator, TVector>(TOperator op) : ICpuOperator
        where TOperator : unmanaged, IVectorOperator
        where TVector : unmanaged, IVector<TVector>
    {
        public readonly int Tasks => op.Tasks;

        // Not readonly, which would copy the operator for each task.
        public void Run(int task) => op.Run<TVector>(task);
    }
}
