namespace Blip.Training;

/// <summary>The task.</summary>
public enum TrainingTask
{
    /// <summary>Captions of images.</summary>
    Caption,

    /// <summary>Whether a text fits an image, and vectors of both.</summary>
    Match,

    /// <summary>Answers to questions about images.</summary>
    Vqa,

    /// <summary>Whether a sentence is true of two images (NLVR2).</summary>
    Nlvr,

    /// <summary>BLIP's three objectives at once: contrast, matching and captions.</summary>
    Pretrain,
}

/// <summary>Whose settings a run begins with.</summary>
public enum TrainingRecipe
{
    /// <summary>The paper's (arXiv 2201.12086), with the authors' code where it says nothing (salesforce/BLIP).</summary>
    Paper,

    /// <summary>Those of the later library (salesforce/LAVIS).</summary>
    Lavis,
}

/// <summary>Where the weights of a run's first step come from.</summary>
public enum InitialWeights
{
    /// <summary>The model's own.</summary>
    Model,

    /// <summary>
    /// Drawn at random: of the model the config and the vocabulary are used alone. Matrices are normal with a deviation of
    /// 0.7 / sqrt(inputs), position and class embeddings of 0.1.
    /// </summary>
    Random,
}

/// <summary>The format of a trained model.</summary>
public enum CheckpointFormat
{
    /// <summary>A folder under Hugging Face's names: <c>model.safetensors</c> and <c>config.json</c>.</summary>
    HuggingFace,

    /// <summary>
    /// The same, and beside it <c>original.pth</c>, as salesforce/BLIP saves a model: <c>{"model": state_dict}</c> under the first release's
    /// names.
    /// </summary>
    Original,
}

/// <summary>How the learning rate falls from epoch to epoch.</summary>
public enum LearningRateCurve
{
    /// <summary>Half a cosine, from the learning rate to its least value.</summary>
    Cosine,

    /// <summary>Times a factor after each epoch.</summary>
    Step,

    /// <summary>It does not fall.</summary>
    Constant,
}

/// <summary>Which parameters decay.</summary>
public enum WeightDecayScope
{
    /// <summary>All of them: norms, biases, positions and the temperature, too. The authors' code.</summary>
    All,

    /// <summary>Those of two dimensions and more alone, as in LAVIS.</summary>
    Matrices,
}

/// <summary>Parts of a model that are not trained.</summary>
[Flags]
public enum FrozenParts
{
    /// <summary>All is trained.</summary>
    None = 0,

    /// <summary>The vision tower.</summary>
    Vision = 1,

    /// <summary>The text towers.</summary>
    Text = 2,
}

/// <summary>How images are changed at random.</summary>
public enum AugmentationKind
{
    /// <summary>A random crop, a flip, and two random operations, as in the authors' code.</summary>
    Paper,

    /// <summary>Not at all: images are resized.</summary>
    None,
}
