using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>Activations by their names in configs (<c>hidden_act</c>), and their classes in Hugging Face's printout.</summary>
internal static class ActivationNames
{
    private static readonly Dictionary<string, (Activation Activation, string ClassName)> Names = new()
    {
        ["gelu"] = (Activation.Gelu, "GELUActivation"),
        ["gelu_new"] = (Activation.GeluTanh, "NewGELUActivation"),
        ["gelu_fast"] = (Activation.GeluTanh, "FastGELUActivation"),
        ["gelu_pytorch_tanh"] = (Activation.GeluTanh, "GELUTanh"),
        ["quick_gelu"] = (Activation.QuickGelu, "QuickGELUActivation"),
        ["relu"] = (Activation.Relu, "ReLU"),
        ["tanh"] = (Activation.Tanh, "Tanh"),
    };

    public static string All => string.Join(", ", Names.Keys);

    public static bool IsKnown(string name) => Names.ContainsKey(name);

    /// <exception cref="CheckpointException">The name is unknown.</exception>
    public static Activation Parse(string name) => Find(name).Activation;

    /// <exception cref="CheckpointException">The name is unknown.</exception>
    public static string ClassName(string name) => Find(name).ClassName;

    private static (Activation Activation, string ClassName) Find(string name) =>
        Names.TryGetValue(name, out var found)
            ? found
            : throw new CheckpointException($"hidden_act is '{name}', which is not one of {All}.");
}
