using Blip.Runtime.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Blip.Bench.Peers.Torch;

/// <summary>A checkpoint's tensors as libtorch's.</summary>
/// <param name="source">The checkpoint.</param>
/// <param name="type">The format that every tensor is rounded to.</param>
internal sealed class TorchWeights(ITensorSource source, ScalarType type = ScalarType.Float32) : IDisposable
{
    private readonly List<Tensor> tensors = [];

    /// <summary>A matrix with its bias.</summary>
    public Linear Linear(string key) => new(Load(key + ".weight"), Load(key + ".bias"));

    /// <summary>Several matrices over one input as one: one call in place of several.</summary>
    public Linear Linear(params string[] keys) =>
        new(Keep(cat([.. keys.Select(key => Load(key + ".weight"))], 0)), Keep(cat([.. keys.Select(key => Load(key + ".bias"))], 0)));

    /// <summary>The same, its matrix in memory input by input: with few rows of x that is up to 1.5 times as fast, or slower, by shape.</summary>
    public Linear InputByInput(Linear linear) => linear with { Weight = Keep(Keep(linear.Weight.t().contiguous()).t()) };

    /// <summary>A layer normalisation.</summary>
    public LayerNorm LayerNorm(string key, double eps) => new(Load(key + ".weight"), Load(key + ".bias"), eps);

    /// <summary>One tensor.</summary>
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

/// <summary>Layer normalisation over the last dimension.</summary>
internal readonly record struct LayerNorm(Tensor Weight, Tensor Bias, double Eps)
{
    public Tensor Run(Tensor x) => functional.layer_norm(x, Weight.shape, Weight, Bias, Eps);
}
