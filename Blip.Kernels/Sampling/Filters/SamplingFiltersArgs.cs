using ILGPU;

namespace Blip.Kernels;

/// <summary>Arguments of <see cref="SamplingFilters"/>.</summary>
public struct SamplingFiltersArgs
{
    /// <summary><c>[rows, vocabulary]</c>, in place: filtered scores become -inf.</summary>
    public ArrayView<float> Scores;

    /// <summary>Scratch memory <c>[rows, vocabulary]</c>.</summary>
    public ArrayView<float> Scratch;

    /// <summary>Rows.</summary>
    public int Rows;

    /// <summary>Elements per row.</summary>
    public int Vocabulary;

    /// <summary>Divides the scores; above 0, 1 is off.</summary>
    public float Temperature;

    /// <summary>Share of the likeliest tokens' entropy to keep, likeliest first; 0 is off.</summary>
    public float TopH;

    /// <summary>Tokens to keep; 0 is off.</summary>
    public int TopK;

    /// <summary>Probability to keep, likeliest first; 1 is off.</summary>
    public float TopP;

    /// <summary>Least share of the highest probability; 0 is off.</summary>
    public float MinP;

    /// <summary>Probability to keep, most typical first; 1 is off.</summary>
    public float TypicalP;

    /// <summary>Least probability; 0 is off.</summary>
    public float EpsilonCutoff;

    /// <summary>Least probability, lowered by entropy; 0 is off.</summary>
    public float EtaCutoff;

    /// <summary>The least tokens that each filter keeps, 1 or 2: beams that draw need one besides the stop token.</summary>
    public int LeastTokens;
}
