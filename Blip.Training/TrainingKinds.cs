namespace Blip.Training;

/// <summary>The task.</summary>
public enum TrainingTask
{
    /// <summary>Captions of images.</summary>
    Caption,

    /// <summary>Matching of images and texts, and vectors of both.</summary>
    Match,

    /// <summary>Answers to questions about images.</summary>
    Vqa,

    /// <summary>Whether a sentence is true of two images (NLVR2).</summary>
    Nlvr,

    /// <summary>Contrast, matching and captions together.</summary>
    Pretrain,
}

/// <summary>The source of a run's settings.</summary>
public enum TrainingRecipe
{
    /// <summary>The paper (arXiv 2201.12086), and the authors' code for the rest (salesforce/BLIP).</summary>
    Paper,

    /// <summary>The later library, salesforce/LAVIS.</summary>
    Lavis,
}

/// <summary>The source of the initial weights.</summary>
public enum InitialWeights
{
    /// <summary>The model's weights.</summary>
    Model,

    /// <summary>
    /// Random weights; only the model's config and vocabulary are used. Matrices are normal with deviation 0.7 / sqrt(inputs), position and
    /// class embeddings with 0.1.
    /// </summary>
    Random,
}

/// <summary>The format of a trained model.</summary>
public enum CheckpointFormat
{
    /// <summary>A Hugging Face folder: <c>model.safetensors</c> and <c>config.json</c>.</summary>
    HuggingFace,

    /// <summary>
    /// The same with <c>original.pth</c>, as salesforce/BLIP saves it: <c>{"model": state_dict}</c> under the first release's names.
    /// </summary>
    Original,
}

/// <summary>The curve of the learning rate by epoch.</summary>
public enum LearningRateCurve
{
    /// <summary>Half a cosine, down to the least value.</summary>
    Cosine,

    /// <summary>Times a factor after each epoch.</summary>
    Step,

    /// <summary>Constant.</summary>
    Constant,
}

/// <summary>Which parameters decay.</summary>
public enum WeightDecayScope
{
    /// <summary>All, as in the authors' code: also norms, biases, positions and the temperature.</summary>
    All,

    /// <summary>Only those with at least two dimensions, as in LAVIS.</summary>
    Matrices,
}

/// <summary>Parts that are not trained.</summary>
[Flags]
public enum FrozenParts
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The vision tower.</summary>
    Vision = 1,

    /// <summary>The text towers.</summary>
    Text = 2,
}

/// <summary>Random changes of images.</summary>
public enum AugmentationKind
{
    /// <summary>A random crop, a flip, and two random operations, as in the authors' code.</summary>
    Paper,

    /// <summary>None: images are resized.</summary>
    None,
}
