using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>Memory as algorithms see it that are written once and run on an accelerator, through views, and on a processor, through addresses.</summary>
internal interface IMemory<TSelf, T>
    where TSelf : struct, IMemory<TSelf, T>
    where T : unmanaged
{
    /// <summary>One element.</summary>
    ref T this[long index] { get; }

    /// <summary>Number of elements.</summary>
    long Length { get; }

    /// <summary>A view's memory; asked on the host.</summary>
    static abstract TSelf Of(Device device, ArrayView<T> view);
}

/// <summary>Memory of an accelerator.</summary>
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

/// <summary>Memory of the CPU accelerator.</summary>
internal readonly unsafe struct HostMemory<T>(T* address, long length) : IMemory<HostMemory<T>, T>
    where T : unmanaged
{
    private readonly T* address = address;

    public long Length { get; } = length;

    public ref T this[long index] => ref address[index];

    public static HostMemory<T> Of(Device device, ArrayView<T> view) => new(Cpu.Pointer(view), view.Length);
}
