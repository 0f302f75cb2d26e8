namespace Blip.Kernels.Devices;

/// <summary>
/// Marks a method that is compiled for a device. The tests find every marked method and compile it for each architecture;
/// a generic kernel carries one attribute per instantiation that the project launches.
/// </summary>
/// <param name="typeArguments">The type arguments of one instantiation; none for a kernel that is not generic.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class KernelAttribute(params Type[] typeArguments) : Attribute
{
    /// <summary>The type arguments of this instantiation.</summary>
    public IReadOnlyList<Type> TypeArguments { get; } = typeArguments;

    /// <summary>The least CUDA architecture that this instantiation is compiled for: 75 is sm_75, 80 is sm_80.</summary>
    public int Architecture { get; init; } = 75;
}
