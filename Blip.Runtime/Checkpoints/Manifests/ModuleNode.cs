namespace Blip.Runtime.Checkpoints;

/// <summary>The role of a checkpoint's tensor.</summary>
internal enum ManifestEntryKind
{
    /// <summary>A separate tensor.</summary>
    Parameter,

    /// <summary>A second name of a tensor, which older releases also saved.</summary>
    Tied,

    /// <summary>Integers that older releases saved and nothing needs.</summary>
    Buffer,
}

/// <summary>
/// A tensor that a module holds itself. The shape has the slowest dimension first. A tied one is the tensor <c>TiedTo</c>.
/// </summary>
internal sealed record ModuleTensor(
    string Name, IReadOnlyList<long> Shape, ManifestEntryKind Kind = ManifestEntryKind.Parameter, string? TiedTo = null)
{
    /// <summary>As in <see cref="ManifestEntry"/>.</summary>
    public string? CopiedFrom { get; init; }

    public long ElementCount => Shape.Aggregate(1L, (product, length) => product * length);
}

/// <summary>
/// A module; the names from the root to a tensor, joined by dots, are the tensor's key. The root's name is empty. <c>Details</c> stands in
/// the class's parentheses in PyTorch's printout. Tensors and children have a checkpoint's order.
/// </summary>
internal sealed record ModuleNode(
    string Name, string ClassName, string Details, IReadOnlyList<ModuleTensor> Tensors, IReadOnlyList<ModuleNode> Children)
{
    /// <summary>Elements of its direct parameters without tied ones.</summary>
    public long OwnParameters => Tensors.Where(tensor => tensor.Kind == ManifestEntryKind.Parameter).Sum(tensor => tensor.ElementCount);

    /// <summary>Elements of all parameters in and below it.</summary>
    public long TotalParameters => OwnParameters + Children.Sum(child => child.TotalParameters);
}
