using Blip.Kernels;

namespace Blip.Runtime.Graph.Nodes;

/// <summary>
/// Cuts images <c>[batch, channels, height, width]</c> into patches <c>[batch, patches, channels·patch·patch]</c>, so that the patch
/// convolution is one matrix product (Dosovitskiy et al. 2021, section 3.1).
/// </summary>
internal sealed record PatchifyNode(string Name, Value Pixels, int Patch, Value Output) : ComputeNode(Name, Output)
{
    /// <inheritdoc/>
    public override string Operator => "Patchify";

    /// <inheritdoc/>
    public override IEnumerable<Value> Inputs => [Pixels];

    /// <inheritdoc/>
    public override string Attributes => $"patch={Patch}";

    /// <inheritdoc/>
    public override bool CanStore(Value output, DType format, GraphSizes sizes) =>
        Patchify.CanStore(sizes.Target, sizes.Size(Pixels, 1), Patch, format);

    /// <inheritdoc/>
    public override void Run(Plan plan) => Patchify.Run(
        plan.Device, plan.Floats(Pixels), plan.Floats(Output), plan.Size(Pixels, 0), plan.Size(Pixels, 1), plan.Size(Pixels, 2),
            plan.Size(Pixels, 3), Patch,
        plan.Sizes.StoredAs(Output));
}
