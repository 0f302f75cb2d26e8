using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Blip.Bench.Peers.Torch;

/// <summary>
/// The work of <c>torch.autocast("cpu")</c>, which TorchSharp lacks: products and convolutions round their inputs, weights among them; sums
/// over the residual stream, norms and losses stay in fp32.
/// </summary>
/// <param name="Type">The products' format; <c>Float32</c> for none of this.</param>
internal readonly record struct Autocast(ScalarType Type)
{
    private bool IsOff => Type == ScalarType.Float32;

    /// <summary><c>x Wᵀ + b</c>.</summary>
    public Tensor Run(Linear linear, Tensor x) => IsOff ? linear.Run(x) : functional.linear(x.to(Type), linear.Weight.to(Type), linear.Bias.to(Type));

    /// <summary>The patches' convolution, whose stride is the patch.</summary>
    public Tensor Patches(Tensor pixels, Tensor weight, Tensor bias, int patch) => IsOff
        ? functional.conv2d(pixels, weight, bias, [patch, patch])
        : functional.conv2d(pixels.to(Type), weight.to(Type), bias.to(Type), [patch, patch]);

    /// <summary>A separate product plus the residual stream.</summary>
    public Tensor Add(Tensor product, Tensor residual) => IsOff ? product.add_(residual) : product + residual;
}
