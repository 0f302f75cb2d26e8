using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels.Devices;

/// <summary>Raw addresses for CPU variants.</summary>
public static unsafe class Cpu
{
    /// <summary>The address of a view's first element on the CPU accelerator; null for an empty view.</summary>
    public static T* Pointer<T>(ArrayView<T> view)
        where T : unmanaged => view.Length == 0 ? null : (T*)Unsafe.AsPointer(ref view[0]);

    /// <summary>The same as a field of an <see cref="ICpuOperator"/>.</summary>
    public static CpuPointer<T> Address<T>(ArrayView<T> view)
        where T : unmanaged => new((long)Pointer(view));
}

/// <summary>A pointer as a field of an <see cref="ICpuOperator"/>.</summary>
/// <typeparam name="T">What it points to.</typeparam>
/// <param name="address">The address; 0 for none.</param>
public readonly unsafe struct CpuPointer<T>(long address)
    where T : unmanaged
{
    private readonly long address = address;

    /// <summary>The pointer itself.</summary>
    public static implicit operator T*(CpuPointer<T> pointer) => (T*)pointer.address;
}
