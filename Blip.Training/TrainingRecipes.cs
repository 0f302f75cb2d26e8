using System.Diagnostics;

namespace Blip.Training;

/// <summary>
/// The settings of the paper and of LAVIS. Batches are for one device. The paper trained on 8 to 32: its total batch was 2880 (base) or
/// 2400 (large) in pre-training, 256 in fine-tuning.
/// </summary>
public static class TrainingRecipes
{
    // configs/caption_coco.yaml.
    private const string CaptionPrompt = "a picture of";

    // BERT's dropout, which the authors keep: configs/med_config.json.
    private const double TextDropout = 0.1;

    // ViT-L has it in every task (models/blip.py), ViT-B in two (models/blip_vqa.py, blip_nlvr.py).
    private const double VisionDropPath = 0.1;

    /// <summary>The options of a task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="recipe">The source of the settings.</param>
    /// <param name="large">True for ViT-L, which has smaller rates and batches.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such task or recipe.</exception>
    public static TrainingOptions For(TrainingTask task, TrainingRecipe recipe = TrainingRecipe.Paper, bool large = false)
    {
        var paper = task switch
        {
            TrainingTask.Caption => Caption(large),
            TrainingTask.Match => Match(large),
            TrainingTask.Vqa => Vqa(),
            TrainingTask.Nlvr => Nlvr(),
            TrainingTask.Pretrain => Pretrain(large),
            _ => throw new ArgumentOutOfRangeException(nameof(task), task, "There is no such task."),
        };
        paper = paper with
        {
            Dropout = TextDropout,
            AttentionDropout = TextDropout,
            DropPath = large || task is TrainingTask.Vqa or TrainingTask.Nlvr ? VisionDropPath : 0,
        };
        return recipe switch
        {
            TrainingRecipe.Paper => paper,
            TrainingRecipe.Lavis => Lavis(paper),
            _ => throw new ArgumentOutOfRangeException(nameof(recipe), recipe, "There is no such recipe."),
        };
    }

    /// <summary>The source of a task's settings, for people.</summary>
    /// <param name="task">The task.</param>
    /// <param name="recipe">The source of the settings.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such task or recipe.</exception>
    public static string SourceOf(TrainingTask task, TrainingRecipe recipe) => recipe switch
    {
        TrainingRecipe.Paper => $"arXiv 2201.12086, section 4.1 and table 14; salesforce/BLIP, {PaperFile(task)}",
        TrainingRecipe.Lavis => $"salesforce/LAVIS, lavis/projects/blip/train/{LavisFile(task)}",
        _ => throw new ArgumentOutOfRangeException(nameof(recipe), recipe, "There is no such recipe."),
    };

    private static string PaperFile(TrainingTask task) => task switch
    {
        TrainingTask.Caption => "configs/caption_coco.yaml",
        TrainingTask.Match => "configs/retrieval_coco.yaml",
        TrainingTask.Vqa => "configs/vqa.yaml",
        TrainingTask.Nlvr => "configs/nlvr.yaml",
        TrainingTask.Pretrain => "configs/pretrain.yaml (where the learning rate falls by 0.9 an epoch; the paper says 0.85)",
        _ => throw new ArgumentOutOfRangeException(nameof(task), task, "There is no such task."),
    };

    private static string LavisFile(TrainingTask task) => task switch
    {
        TrainingTask.Caption => "caption_coco_ft.yaml",
        TrainingTask.Match => "retrieval_coco_ft.yaml",
        TrainingTask.Vqa => "vqav2_ft.yaml",
        TrainingTask.Nlvr => "nlvr_ft.yaml",
        TrainingTask.Pretrain => "pretrain_14m.yaml",
        _ => throw new ArgumentOutOfRangeException(nameof(task), task, "There is no such task."),
    };

    private static TrainingOptions Caption(bool large) => new()
    {
        Task = TrainingTask.Caption,
        Epochs = 5,
        BatchSize = large ? 16 : 32,
        LearningRate = large ? 2e-6 : 1e-5,
        Prompt = CaptionPrompt,
        MaxTokens = 40,
        ImageSize = 384,
    };

    private static TrainingOptions Match(bool large) => new()
    {
        Task = TrainingTask.Match,
        Epochs = 6,
        BatchSize = large ? 16 : 32,
        LearningRate = large ? 5e-6 : 1e-5,
        LabelSmoothing = 0,
        QueueSize = 57_600,
        AlphaRampEpochs = 1,
        MaxTokens = 35,
        ImageSize = 384,
    };

    private static TrainingOptions Vqa() => new()
    {
        Task = TrainingTask.Vqa,
        Epochs = 10,
        BatchSize = 16,
        LearningRate = 2e-5,
        MaxTokens = 35,
        MaxWords = 50,
        ImageSize = 480,
    };

    // The authors cut words (data/nlvr_dataset.py), not tokens (models/blip_nlvr.py): 40 words have about 50 tokens.
    private static TrainingOptions Nlvr() => new()
    {
        Task = TrainingTask.Nlvr,
        Epochs = 15,
        BatchSize = 16,
        LearningRate = 3e-5,
        LabelSmoothing = 0,
        MaxTokens = 64,
        MaxWords = 40,
        ImageSize = 384,
    };

    private static TrainingOptions Pretrain(bool large) => new()
    {
        Task = TrainingTask.Pretrain,
        Epochs = 20,
        BatchSize = 75,
        LearningRate = large ? 2e-4 : 3e-4,
        MinLearningRate = 1e-6,
        Schedule = LearningRateCurve.Step,
        LearningRateDecay = 0.85,
        WarmupSteps = 3000,
        QueueSize = 57_600,
        AlphaRampEpochs = 2,
        MaxTokens = 30,
        ImageSize = 224,
        MinCropScale = 0.2,
    };

    // In LAVIS norms and biases do not decay, and alpha's ramp is always two epochs. Texts have at most 50 words; crops keep at least half.
    private static TrainingOptions Lavis(TrainingOptions paper)
    {
        var common = paper with { WeightDecayOn = WeightDecayScope.Matrices, AlphaRampEpochs = 2, MaxWords = 50, MinCropScale = 0.5 };
        return paper.Task switch
        {
            TrainingTask.Match => common with { LearningRate = 2e-5, WeightDecay = 0.04 },
            TrainingTask.Pretrain => common with { LearningRateDecay = 0.9, LearningRate = 3e-4 },
            TrainingTask.Caption or TrainingTask.Vqa or TrainingTask.Nlvr => common,
            _ => throw new UnreachableException($"There are no settings for {paper.Task}."),
        };
    }
}
