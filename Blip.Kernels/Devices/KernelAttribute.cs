namespace Blip.Kernels.Devices;

/// <summary>
/// Marks a kernel that is compiled for a device. The tests find every marked struct and compile it for each architecture;
/// a generic kernel carries one attribute per instantiation that the project launches, or one for all types of a kind.
/// </summary>
/// <param name="typeArguments">The type arguments of one instantiation; none for a kernel that is not generic.</param>
[AttributeUsage(AttributeTargets.Struct, AllowMultiple = true)]
public sealed class KernelAttribute(params Type[] typeArguments) : Attribute
{
    /// <summary>The least CUDA architecture that this instantiation is compiled for: 75 is sm_75, 80 is sm_80.</summary>
    public int Architecture { get; init; } = 75;

    /// <summary>An interface: the kernel's one type argument is each type of the interface's assembly that implements it.</summary>
    public Type? Each { get; init; }

    /// <summary>A type that <see cref="Each"/> leaves out, because the kernel is never launched with it.</summary>
    public Type? Except { get; init; }

    /// <summary>The type arguments of each instantiation.</summary>
    internal IEnumerable<IReadOnlyList<Type>> Instantiations => Each is null
        ? [typeArguments]
        : Each.Assembly.GetTypes()
            .Where(type => type.IsValueType && type.IsAssignableTo(Each) && type != Except)
            .Select(type => (Type[])[type]);
}
