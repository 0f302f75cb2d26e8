using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Memory of algorithms that run both on accelerators, through views, and on processors, through addresses.</summary>
internal interface IMemory<TSelf, T>
    where TSelf : struct, IMemory<TSelf, T>
    where T : unmanaged
{
    ref T this[long index] { get; }

    long Length { get; }

    /// <summary>A view's memory; called on the host.</summary>
    static abstract TSelf Of(Device device, ArrayView<T> view);
}

internal readonly struct ViewMemory<T>(ArrayView<T> view) : IMemory<ViewMemory<T>, T>
    where T : unmanaged
{
    private readonly ArrayView<T> view = view;

    public ref T this[long index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref view[index];
    }

    public long Length => view.Length;

    public static ViewMemory<T> Of(Device device, ArrayView<T> view) => new(device.OrEmpty(view));
}

internal readonly unsafe struct HostMemory<T>(T* address, long length) : IMemory<HostMemory<T>, T>
    where T : unmanaged
{
    private readonly T* address = address;

    public long Length { get; } = length;

    public ref T this[long index] => ref address[index];

    public static HostMemory<T> Of(Device device, ArrayView<T> view) => new(Cpu.Pointer(view), view.Length);
}
