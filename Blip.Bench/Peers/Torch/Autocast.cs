using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Blip.Bench.Peers.Torch;

/// <summary>
/// <c>torch.autocast("cpu")</c>, which TorchSharp lacks. Products and convolutions round their inputs and weights; residual sums, norms and
/// losses stay in fp32.
/// </summary>
/// <param name="Type">The products' format; <c>Float32</c> turns it off.</param>
internal readonly record struct Autocast(ScalarType Type)
{
    private bool IsOff => Type == ScalarType.Float32;

    /// <summary><c>x Wᵀ + b</c>.</summary>
    public Tensor Run(Linear linear, Tensor x) =>
        IsOff ? linear.Run(x) : functional.linear(x.to(Type), linear.Weight.to(Type), linear.Bias.to(Type));

    /// <summary>The patches' convolution, with the patch as stride.</summary>
    public Tensor Patches(Tensor pixels, Tensor weight, Tensor bias, int patch) => IsOff
        ? functional.conv2d(pixels, weight, bias, [patch, patch])
        : functional.conv2d(pixels.to(Type), weight.to(Type), bias.to(Type), [patch, patch]);

    /// <summary>The product plus the residual stream.</summary>
    public Tensor Add(Tensor product, Tensor residual) => IsOff ? product.add_(residual) : product + residual;
}
