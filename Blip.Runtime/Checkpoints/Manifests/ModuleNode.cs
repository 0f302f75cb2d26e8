namespace Blip.Runtime.Checkpoints;

/// <summary>The role of a checkpoint's entry in the model.</summary>
internal enum ManifestEntryKind
{
    /// <summary>A separate tensor.</summary>
    Parameter,

    /// <summary>A second name of another entry's tensor, which older releases wrote out as well.</summary>
    Tied,

    /// <summary>Whole numbers that older releases wrote out and nothing needs.</summary>
    Buffer,
}

/// <summary>A tensor that a module holds itself.</summary>
/// <param name="Name">Its name within the module.</param>
/// <param name="Shape">Its dimensions, the slowest first.</param>
/// <param name="Kind">Whether it is a separate parameter.</param>
/// <param name="TiedTo">The key of the tensor that a tied one is.</param>
internal sealed record ModuleTensor(string Name, IReadOnlyList<long> Shape, ManifestEntryKind Kind = ManifestEntryKind.Parameter, string? TiedTo = null)
{
    /// <summary>The key of the tensor that fills it where a checkpoint of an earlier stage of training lacks it; null for none.</summary>
    public string? CopiedFrom { get; init; }

    /// <summary>The product of the dimensions.</summary>
    public long ElementCount => Shape.Aggregate(1L, (product, length) => product * length);
}

/// <summary>A module of a model: the names on the way from the root to a tensor, joined by dots, are the tensor's key.</summary>
/// <param name="Name">Its name within its parent; empty for the root.</param>
/// <param name="ClassName">Its class in Hugging Face's or PyTorch's library.</param>
/// <param name="Details">The text between the class's parentheses in PyTorch's printout.</param>
/// <param name="Tensors">The tensors that it holds itself, in the order of a checkpoint.</param>
/// <param name="Children">The modules in it, in the order of a checkpoint.</param>
internal sealed record ModuleNode(string Name, string ClassName, string Details, IReadOnlyList<ModuleTensor> Tensors, IReadOnlyList<ModuleNode> Children)
{
    /// <summary>Numbers in the parameters that it holds itself; tied ones are counted where they are kept.</summary>
    public long OwnParameters => Tensors.Where(tensor => tensor.Kind == ManifestEntryKind.Parameter).Sum(tensor => tensor.ElementCount);

    /// <summary>Numbers in the parameters of it and of every module within it.</summary>
    public long TotalParameters => OwnParameters + Children.Sum(child => child.TotalParameters);
}
