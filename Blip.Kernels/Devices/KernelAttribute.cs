namespace Blip.Kernels.Devices;

/// <summary>
/// Marks a kernel, which tests compile for each architecture. A generic kernel has an attribute per instantiation in use, or one for all
/// types of a kind.
/// </summary>
/// <param name="typeArguments">An instantiation's type arguments; none for a non-generic kernel.</param>
[AttributeUsage(AttributeTargets.Struct, AllowMultiple = true)]
public sealed class KernelAttribute(params Type[] typeArguments) : Attribute
{
    /// <summary>The least CUDA architecture: 75 is sm_75, 80 is sm_80.</summary>
    public int Architecture { get; init; } = 75;

    /// <summary>An interface: the one type argument is each of its implementations in its assembly.</summary>
    public Type? Each { get; init; }

    /// <summary>A type that <see cref="Each"/> leaves out.</summary>
    public Type? Except { get; init; }

    internal IEnumerable<IReadOnlyList<Type>> Instantiations => Each is null
        ? [typeArguments]
        : Each.Assembly.GetTypes()
            .Where(type => type.IsValueType && type.IsAssignableTo(Each) && type != Except)
            .Select(type => (Type[])[type]);
}
