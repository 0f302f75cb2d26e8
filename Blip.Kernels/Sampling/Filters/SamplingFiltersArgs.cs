using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="SamplingFilters"/>.</summary>
public struct SamplingFiltersArgs
{
    /// <summary><c>[rows, vocabulary]</c>, changed in place: filtered scores become -inf.</summary>
    public ArrayView<float> Scores;

    /// <summary>Room to work in, <c>[rows, vocabulary]</c>.</summary>
    public ArrayView<float> Scratch;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Elements of a row.</summary>
    public int Vocabulary;

    /// <summary>Scores are divided by it; above 0, 1 is off.</summary>
    public float Temperature;

    /// <summary>The share of the entropy of the likeliest tokens to keep, likeliest tokens first; 0 is off.</summary>
    public float TopH;

    /// <summary>Tokens to keep; 0 is off.</summary>
    public int TopK;

    /// <summary>Probability to keep, likeliest tokens first; 1 is off.</summary>
    public float TopP;

    /// <summary>Least share of the highest probability; 0 is off.</summary>
    public float MinP;

    /// <summary>Probability to keep, most typical tokens first; 1 is off.</summary>
    public float TypicalP;

    /// <summary>Least probability; 0 is off.</summary>
    public float EpsilonCutoff;

    /// <summary>Least probability, lowered by entropy; 0 is off.</summary>
    public float EtaCutoff;

    /// <summary>Tokens that each filter leaves at least, 1 or 2: beams that draw need another token beside the stop token.</summary>
    public int LeastTokens;
}
