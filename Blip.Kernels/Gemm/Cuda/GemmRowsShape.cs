namespace Blip.Kernels;

/// <summary>Sizes of a launch for few rows.</summary>
internal struct GemmRowsShape
{
    public int Rows, OutFeatures, InFeatures, Activation;

    /// <summary>1 if outputs are rounded and stored in 16 bits.</summary>
    public int Rounds;

    /// <summary>Added to the variance by the layer norm.</summary>
    public float Epsilon;

    public static GemmRowsShape Of(in GemmArgs args) => new()
    {
        Rows = args.Rows,
        OutFeatures = args.Weights.OutFeatures,
        InFeatures = args.Weights.InFeatures,
        Activation = (int)args.Activation,
        Rounds = args.YFormat.Is16Bits() ? 1 : 0,
        Epsilon = args.Epsilon,
    };
}
