using Blip.Runtime.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Blip.Bench.Peers.Torch;

/// <summary>A checkpoint's tensors in libtorch.</summary>
/// <param name="source">The checkpoint.</param>
/// <param name="type">The format to which tensors are rounded.</param>
internal sealed class TorchWeights(ITensorSource source, ScalarType type = ScalarType.Float32) : IDisposable
{
    private readonly List<Tensor> tensors = [];

    public Linear Linear(string key) => new(Load(key + ".weight"), Load(key + ".bias"));

    /// <summary>Several matrices over one input, merged for one call.</summary>
    public Linear Linear(params string[] keys) =>
        new(Keep(cat([.. keys.Select(key => Load(key + ".weight"))], 0)), Keep(cat([.. keys.Select(key => Load(key + ".bias"))], 0)));

    /// <summary>The same, stored input by input: for few rows up to 1.5 times as fast, or slower, by shape.</summary>
    public Linear InputByInput(Linear linear) => linear with { Weight = Keep(Keep(linear.Weight.t().contiguous()).t()) };

    public LayerNorm LayerNorm(string key, double eps) => new(Load(key + ".weight"), Load(key + ".bias"), eps);

    public Tensor Load(string key) => Keep(tensor(source.ReadAll(key), source.Get(key).Shape, type));

    /// <inheritdoc/>
    public void Dispose()
    {
        tensors.ForEach(one => one.Dispose());
        tensors.Clear();
    }

    private Tensor Keep(Tensor tensor)
    {
        tensors.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }
}

/// <summary><c>x Wᵀ + b</c>.</summary>
internal readonly record struct Linear(Tensor Weight, Tensor Bias)
{
    public Tensor Run(Tensor x) => functional.linear(x, Weight, Bias);
}

internal readonly record struct LayerNorm(Tensor Weight, Tensor Bias, double Eps)
{
    public Tensor Run(Tensor x) => functional.layer_norm(x, Weight.shape, Weight, Bias, Eps);
}
