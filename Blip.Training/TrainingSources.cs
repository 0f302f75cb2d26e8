using Blip.Training.Data;

namespace Blip.Training;

internal static class TrainingSources
{
    /// <summary>Opens a task's samples.</summary>
    /// <exception cref="TrainingException">Nothing is named, or the sources exclude each other.</exception>
    public static ITrainingSource Open(TrainingData data, TrainingOptions options)
    {
        var official = data.Questions is not null || data.Annotations is not null;
        if (options.Task == TrainingTask.Nlvr && !official)
        {
            return data.Sources.Count > 0
                ? new SentenceSource(data.Sources, data.Images, options.MaxWords)
                : throw new TrainingException("no data are named: name a JSON list of images, sentence and label.");
        }
        if (options.Task != TrainingTask.Vqa)
        {
            return official
                ? throw new TrainingException("questions and annotations are for question answering alone: name image-text data.")
                : data.Sources.Count > 0
                    ? new PairSource(data.Sources, options.MaxWords, data.Reading)
                    : throw new TrainingException("no data are named: name a folder, a list, tars or Parquet files of images and texts.");
        }
        if (!official)
        {
            return data.Sources.Count > 0
                ? QuestionSource.FromLists(data.Sources, data.Images, options.MaxWords)
                : throw new TrainingException(
                    "no data are named: name a JSON list of image, question and answer, or VQA's questions and annotations.");
        }
        return data is { Questions: { } questions, Annotations: { } annotations, Images: { } images, Sources.Count: 0 }
            ? QuestionSource.FromVqa(questions, annotations, images, options.MaxWords)
            : throw new TrainingException(
                "VQA's official files need questions, annotations and the folder of the images, and no list beside them.");
    }
}
