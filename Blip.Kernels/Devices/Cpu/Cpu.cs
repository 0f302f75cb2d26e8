using System.Runtime.CompilerServices;
using ILGPU;

namespace Blip.Kernels.Devices;

/// <summary>Raw addresses for CPU variants.</summary>
public static unsafe class Cpu
{
    /// <summary>The address of a view's first element on the CPU; null if it is empty.</summary>
    public static T* Pointer<T>(ArrayView<T> view)
        where T : unmanaged => view.Length == 0 ? null : (T*)Unsafe.AsPointer(ref view[0]);
}
