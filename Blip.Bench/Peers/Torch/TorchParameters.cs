using Blip.Runtime.Checkpoints;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Blip.Bench.Peers.Torch;

/// <summary>A checkpoint's tensors as libtorch parameters, with gradients.</summary>
internal sealed class TorchParameters(ITensorSource source) : IDisposable
{
    private readonly List<Parameter> all = [];

    public IReadOnlyList<Parameter> All => all;

    /// <summary>A matrix with bias; several keys merge into one.</summary>
    public Linear Linear(params string[] keys) =>
        new(Load([.. keys.Select(key => key + ".weight")]), Load([.. keys.Select(key => key + ".bias")]));

    public LayerNorm LayerNorm(string key, double eps) => new(Load(key + ".weight"), Load(key + ".bias"), eps);

    /// <summary>One tensor, or several concatenated by rows.</summary>
    public Tensor Load(params string[] keys)
    {
        var shape = source.Get(keys[0]).Shape;
        var rows = keys.Sum(key => source.Get(key).Shape[0]);
        var values = new float[keys.Sum(key => source.Get(key).ElementCount)];
        var at = 0;
        foreach (var key in keys)
        {
            var length = (int)source.Get(key).ElementCount;
            source.Read(key, 0, values.AsSpan(at, length));
            at += length;
        }
        var parameter = new Parameter(tensor(values, [rows, .. shape[1..]]));
        all.Add(parameter);
        return parameter;
    }

    /// <inheritdoc/>
    public void Dispose() => all.ForEach(parameter => parameter.Dispose());
}
