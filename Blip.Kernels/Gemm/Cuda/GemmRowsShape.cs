namespace Blip.Kernels;

/// <summary>The numbers of one launch of the kernels of few rows.</summary>
internal struct GemmRowsShape
{
    public int Rows, OutFeatures, InFeatures, Activation;

    /// <summary>Whether outputs are rounded and stored in 16 bits: 1 or 0.</summary>
    public int Rounds;

    /// <summary>A layer norm's addition to the rows' variance.</summary>
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
